/** A plan as a text that people compare: components with what stands in them, protected things marked. */
import type { Plan, Planned } from "./plan";

const token = (type: string): string => {
  const [pkg = "", module = "", name = ""] = type.split(":");
  return pkg === "tributary" ? name : `${pkg === "aws" ? "" : `${pkg}:`}${module.split("/")[0]}.${name}`;
};

/** `!` protected, `+` kept when it is deleted from the program. */
const line = ({ type, name, protect, retainOnDelete }: Planned): string =>
  `${token(type)} ${name}${protect || retainOnDelete ? " " : ""}${protect ? "!" : ""}${retainOnDelete ? "+" : ""}`;

export function tree({ resources }: Plan): string {
  const below = (within: string, indent: string): string[] =>
    resources
      .filter((resource) => resource.within === within)
      .sort((a, b) => (line(a) < line(b) ? -1 : 1))
      .flatMap((resource) => [
        indent + line(resource),
        ...(resource.custom ? [] : below(`${resource.type} ${resource.name}`, `${indent}  `)),
      ]);
  return below("", "").join("\n");
}
