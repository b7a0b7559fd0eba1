import tseslint from "typescript-eslint";

/** Imports run one way: model <- functions <- infra; ops and local stand on top (README, "The house"). */
const rooms = {
  model: ["functions", "infra", "ops", "local", "test"],
  functions: ["infra", "ops", "local", "test"],
  infra: ["ops", "local", "test"],
  ops: ["local", "test", "infra"],
};

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".local/", "coverage/"] },
  ...tseslint.configs.recommended,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["**/*.js", "**/*.mjs"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  // What a person runs prints to the terminal.
  { files: ["ops/**", "local/demo/**", "test/bench/**"], rules: { "no-console": "off" } },
  // A require() inside a handler factory keeps the bare module name, which is how the Lambda runtime knows its SDK;
  // a top-level import would be serialized as a path inside our node_modules.
  { files: ["functions/**", "infra/**"], rules: { "@typescript-eslint/no-require-imports": "off" } },
  ...Object.entries(rooms).map(([room, forbidden]) => ({
    files: [`${room}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: `^(\\.\\./)+(${forbidden.join("|")})(/|$)`,
              message: `${room}/ may not know of it (README, "The house").`,
            },
          ],
        },
      ],
    },
  })),
);
