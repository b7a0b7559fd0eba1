/** @type {import("jest").Config} */
module.exports = {
  testEnvironment: "node",
  // Both cores of the smallest machine: Jest leaves one free by default, and end to end much is waiting.
  maxWorkers: 2,
  testMatch: ["<rootDir>/{model,functions,infra,ops,local,test,queries}/**/*.test.ts"],
  // The demo's PostgreSQL has snapshots of its own kind; dist has the tests once more.
  modulePathIgnorePatterns: ["<rootDir>/.local/", "<rootDir>/dist/"],
  setupFiles: ["<rootDir>/test/quiet.js"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2021" }, module: { type: "commonjs" } },
    ],
  },
};
