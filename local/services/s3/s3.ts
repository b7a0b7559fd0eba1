/**
 * S3 as a folder. README.md beside this file says what is imitated and what is not.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
import * as path from "node:path";
import type { ObjectStore } from "../../core/contracts";
import type { LocalService, Surroundings } from "../../core/service";
import { s3Api } from "./api";
import { Buckets } from "./buckets";
import { ObjectFiles } from "./files";
import { bucketProviders } from "./providers";
import { objectStore, Store } from "./store";
import type { FolderUsage } from "./usage";

/** What the buckets would be billed for, folder by folder. */
export interface S3Usage {
  statistics(): readonly FolderUsage[];
}

export function s3Service({ folder, authorizer, policies }: Surroundings): LocalService & ObjectStore & S3Usage {
  const store = new Store(new Buckets(), new ObjectFiles(path.join(folder, "s3")));
  return {
    apis: [s3Api(store)],
    providers: bucketProviders(store, policies),
    ...objectStore(store, authorizer),
    statistics: () => store.meter.usage(store.buckets),
  };
}
