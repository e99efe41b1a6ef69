"""MongoDB's stages and operators: those that are never run, and all others by name.

The lists are of MongoDB 6.0 and 7.0's reference. What is not in them is a typing error.
"""

WRITES = {"$out", "$merge"}
JOINS = {"$lookup", "$unionWith", "$graphLookup"}
RUNS_CODE = {"$function", "$accumulator", "$where"}
READS_THE_SERVER = {
    "$changeStream", "$changeStreamSplitLargeEvent", "$collStats", "$currentOp", "$indexStats",
    "$listLocalSessions", "$listSampledQueries", "$listSearchIndexes", "$listSessions",
    "$planCacheStats", "$shardedDataDistribution", "$documents",
}  # fmt: skip
FORBIDDEN = {
    **dict.fromkeys(WRITES, "it writes to a collection"),
    **dict.fromkeys(JOINS, "it reads another collection"),
    **dict.fromkeys(RUNS_CODE, "it runs code"),
    **dict.fromkeys(READS_THE_SERVER, "it reads the server's state"),
}
STAGES = {
    "$addFields", "$bucket", "$bucketAuto", "$count", "$densify", "$facet", "$fill", "$geoNear",
    "$group", "$limit", "$match", "$project", "$redact", "$replaceRoot", "$replaceWith", "$sample",
    "$search", "$searchMeta", "$set", "$setWindowFields", "$skip", "$sort", "$sortByCount",
    "$unset", "$unwind", "$vectorSearch",
}  # fmt: skip
QUERY = {
    "$all", "$and", "$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet", "$box",
    "$center", "$centerSphere", "$comment", "$elemMatch", "$eq", "$exists", "$expr",
    "$geoIntersects", "$geoWithin", "$geometry", "$gt", "$gte", "$in", "$jsonSchema", "$lt",
    "$lte", "$maxDistance", "$meta", "$minDistance", "$mod", "$natural", "$ne", "$near",
    "$nearSphere", "$nin", "$nor", "$not", "$options", "$or", "$polygon", "$regex", "$search",
    "$size", "$text", "$type", "$language", "$caseSensitive", "$diacriticSensitive", "$rand",
    "$uniqueDocs", "$sampleRate",
}  # fmt: skip
EXPRESSION = {
    "$abs", "$acos", "$acosh", "$add", "$addToSet", "$allElementsTrue", "$and", "$anyElementTrue",
    "$arrayElemAt", "$arrayToObject", "$asin", "$asinh", "$atan", "$atan2", "$atanh", "$avg",
    "$binarySize", "$bitAnd", "$bitNot", "$bitOr", "$bitXor", "$bottom", "$bottomN", "$bsonSize",
    "$ceil", "$cmp", "$concat", "$concatArrays", "$cond", "$const", "$convert", "$cos", "$cosh",
    "$count", "$covariancePop", "$covarianceSamp", "$dateAdd", "$dateDiff", "$dateFromParts",
    "$dateFromString", "$dateSubtract", "$dateToParts", "$dateToString", "$dateTrunc",
    "$dayOfMonth", "$dayOfWeek", "$dayOfYear", "$degreesToRadians", "$denseRank", "$derivative",
    "$divide", "$documentNumber", "$eq", "$exp", "$expMovingAvg", "$expr", "$filter", "$first",
    "$firstN", "$floor", "$getField", "$gt", "$gte", "$hour", "$ifNull", "$in", "$indexOfArray",
    "$indexOfBytes", "$indexOfCP", "$integral", "$isArray", "$isNumber", "$isoDayOfWeek",
    "$isoWeek", "$isoWeekYear", "$last", "$lastN", "$let", "$linearFill", "$literal", "$ln",
    "$locf", "$log", "$log10", "$lt", "$lte", "$ltrim", "$map", "$max", "$maxN", "$median",
    "$mergeObjects", "$meta", "$millisecond", "$min", "$minN", "$minute", "$mod", "$month",
    "$multiply", "$ne", "$not", "$objectToArray", "$or", "$percentile", "$pow", "$push",
    "$radiansToDegrees", "$rand", "$range", "$rank", "$reduce", "$regexFind", "$regexFindAll",
    "$regexMatch", "$replaceAll", "$replaceOne", "$reverseArray", "$round", "$rtrim",
    "$sampleRate", "$second", "$setDifference", "$setEquals", "$setField", "$setIntersection",
    "$setIsSubset", "$setUnion", "$shift", "$sin", "$sinh", "$size", "$slice", "$sortArray",
    "$split", "$sqrt", "$stdDevPop", "$stdDevSamp", "$strLenBytes", "$strLenCP", "$strcasecmp",
    "$substr", "$substrBytes", "$substrCP", "$subtract", "$sum", "$switch", "$tan", "$tanh",
    "$toBool", "$toDate", "$toDecimal", "$toDouble", "$toInt", "$toLong", "$toLower",
    "$toObjectId", "$toString", "$toUpper", "$top", "$topN", "$trim", "$trunc", "$tsIncrement",
    "$tsSecond", "$type", "$unsetField", "$week", "$year", "$zip",
}  # fmt: skip
EVERY = STAGES | QUERY | EXPRESSION | set(FORBIDDEN)
