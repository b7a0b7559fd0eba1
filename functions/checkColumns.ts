/** What a full load may bring into the lake. */
import { footerBytes, parquetColumns } from "./parquetColumns";
import type { LakeFiles, LakeObject, PromotedTable } from "./promote";

/** Bytes of a file's end that are read at first; a footer is seldom longer. */
const FOOTER = 64 * 1024;

async function columnsOf(object: LakeObject, files: LakeFiles): Promise<string[]> {
  try {
    const tail = await files.tail(object, FOOTER);
    const needed = footerBytes(tail);
    return parquetColumns(needed <= tail.length ? tail : await files.tail(object, needed));
  } catch (error) {
    throw new Error(`${object.key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * DMS writes every column that a table has and its mapping does not remove. One that the model does not know, or that has
 * become private since, must not get to where people read.
 *
 * @throws Error if the file has such a column, or is no Parquet file
 */
export async function checkColumns(table: PromotedTable, object: LakeObject, files: LakeFiles): Promise<void> {
  const names = await columnsOf(object, files);
  const strange = names.filter((name) => !table.columns.includes(name.toLowerCase()));
  if (strange.length > 0)
    throw new Error(
      `${object.key} has columns that the lake does not know: ${strange.join(", ")}. The view keeps the load before. ` +
        "Decide in model/tables.ts what they are, deploy prod and data, and load the table again.",
    );
}
