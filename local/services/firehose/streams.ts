/** The delivery streams of all accounts, by ARN. */
import { AwsError, type Scope } from "../../core/service";
import type { DeliveryStream } from "./stream";

export const streamArn = ({ account, region }: Scope, name: string): string =>
  `arn:aws:firehose:${region}:${account}:deliverystream/${name}`;

export class Streams {
  private readonly byArn = new Map<string, DeliveryStream>();

  find(arn: string): DeliveryStream | undefined {
    return this.byArn.get(arn);
  }

  existing(arn: string): DeliveryStream {
    const stream = this.byArn.get(arn);
    if (stream !== undefined) return stream;
    const [, , , , account, path = ""] = arn.split(":");
    const name = path.replace("deliverystream/", "");
    throw new AwsError("ResourceNotFoundException", `Firehose ${name} under account ${account} not found.`);
  }

  add(stream: DeliveryStream): void {
    this.byArn.set(stream.arn, stream);
  }

  remove(arn: string): void {
    this.byArn.delete(arn);
  }

  all(): DeliveryStream[] {
    return [...this.byArn.values()];
  }

  /** By name. */
  of({ account, region }: Scope): DeliveryStream[] {
    const mine = this.all().filter(({ scope }) => scope.account === account && scope.region === region);
    return mine.sort((a, b) => (a.settings.name < b.settings.name ? -1 : 1));
  }
}
