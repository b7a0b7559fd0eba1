/** What the translated statements call, defined once in every database of the engine. */
export const PRELUDE: readonly string[] = [
  // A timestamp rounded half up to a multiple of `unit` microseconds, also before 1970.
  "CREATE MACRO athena_floor_micros(micros, unit) AS micros - ((micros % unit) + unit) % unit",
  "CREATE MACRO athena_round_time(moment, unit) AS make_timestamp(athena_floor_micros(epoch_us(moment) + unit // 2, unit))",
  // An exact quotient of two integers of 128 bits, rounded half away from zero.
  "CREATE MACRO athena_divide(a, b) AS CASE WHEN b = 0 THEN error('DIVISION_BY_ZERO: Division by zero') " +
    "WHEN 2 * abs(a % b) >= abs(b) THEN a // b + CASE WHEN (a < 0) = (b < 0) THEN 1 ELSE -1 END ELSE a // b END",
  // The digits of a decimal without its point.
  "CREATE MACRO athena_digits(value) AS CAST(replace(CAST(value AS VARCHAR), '.', '') AS HUGEINT)",
  // A number as Java prints it: DuckDB has the same digits, but writes an exponent for others.
  "CREATE MACRO athena_java_exponent(digits, exponent) AS " +
    "substr(digits, 1, 1) || '.' || CASE WHEN length(digits) > 1 THEN substr(digits, 2) ELSE '0' END || 'E' || exponent",
  "CREATE MACRO athena_java_plain(text) AS athena_java_exponent(" +
    "CASE WHEN rtrim(ltrim(replace(text, '.', ''), '0'), '0') = '' THEN '0' ELSE rtrim(ltrim(replace(text, '.', ''), '0'), '0') END, " +
    "CASE WHEN starts_with(text, '0.') THEN -1 - (length(split_part(text, '.', 2)) - length(ltrim(split_part(text, '.', 2), '0'))) " +
    "ELSE length(split_part(text, '.', 1)) - 1 END)",
  "CREATE MACRO athena_java_positive(text) AS CASE " +
    "WHEN text = 'inf' THEN 'Infinity' WHEN text IN ('0.0', '0') THEN '0.0' " +
    "WHEN contains(text, 'e') THEN athena_java_exponent(replace(split_part(text, 'e', 1), '.', ''), CAST(CAST(split_part(text, 'e', 2) AS INTEGER) AS VARCHAR)) " +
    "WHEN CAST(text AS DOUBLE) >= 0.001 AND CAST(text AS DOUBLE) < 10000000 THEN text " +
    "ELSE athena_java_plain(text) END",
  "CREATE MACRO athena_java_number(text) AS CASE WHEN text IN ('nan', '-nan') THEN 'NaN' WHEN starts_with(text, '-') THEN '-' || athena_java_positive(substr(text, 2)) ELSE athena_java_positive(text) END",
];
