/** https://trino.io/docs/current/functions/binary.html */
import { VARBINARY, VARCHAR } from "../sql/types";
import { plain, type Functions } from "./overload";
import { guarded } from "./typed";

export const BINARY_FUNCTIONS: Functions = {
  // DuckDB would take an odd number of digits.
  from_hex: [
    plain([VARCHAR], VARBINARY, (text) => {
      const message = `'invalid input length or digit in ' || ${text}`;
      return guarded(
        `regexp_full_match(${text}, '([0-9a-fA-F]{2})*')`,
        `from_hex(${text})`,
        text,
        "INVALID_FUNCTION_ARGUMENT",
        message,
      );
    }),
  ],
  to_hex: [plain([VARBINARY], VARCHAR, (bytes) => `hex(${bytes})`)],
  from_base64: [plain([VARCHAR], VARBINARY, (text) => `from_base64(${text})`)],
  to_base64: [plain([VARBINARY], VARCHAR, (bytes) => `to_base64(${bytes})`)],
  to_utf8: [plain([VARCHAR], VARBINARY, (text) => `encode(${text})`)],
  // Bytes that are no UTF-8 end the query, where Trino would write a replacement character.
  from_utf8: [plain([VARBINARY], VARCHAR, (bytes) => `decode(${bytes})`)],
  md5: [plain([VARBINARY], VARBINARY, (bytes) => `unhex(md5(${bytes}))`)],
  sha256: [plain([VARBINARY], VARBINARY, (bytes) => `unhex(sha256(${bytes}))`)],
};
