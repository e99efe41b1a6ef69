"""Files: AVRO, stamps, parquet tables, atomic writes."""
