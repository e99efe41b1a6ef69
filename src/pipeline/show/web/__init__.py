"""The page of ``nightmill label --web``: one person, one alert at a time, on this machine alone."""
