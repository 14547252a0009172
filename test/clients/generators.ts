/** A program and its arguments, run in the generator's own folder. */
type Command = readonly [program: string, ...args: string[]]

export type Generator = {
  name: string
  /** The programs without which it is skipped. */
  needs: readonly string[]
  /** Of `flows/`, and its name beside the generated code. */
  flow: readonly [file: string, as: string]
  /** Other files that it needs, by their names. */
  files: Record<string, string>
  install: readonly Command[]
  generate: readonly Command[]
  compile: readonly Command[]
  run: Command
}

const TYPESCRIPT = "typescript@5.9.3"
const OPENAPI_GENERATOR = "7.25.0"
const OAPI_CODEGEN = "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2"

const typescript = (packages: string[], flow: string, generate: Command): Generator => ({
  name: packages[0]!,
  needs: ["npm"],
  flow: [flow, "flow.ts"],
  files: {
    "package.json": JSON.stringify({ private: true }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        target: "es2024",
        module: "nodenext",
        strict: true,
        skipLibCheck: true,
        outDir: "built",
      },
      include: ["*.ts", "ringback/**/*.ts"],
    }),
  },
  install: [
    [
      "npm",
      "install",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      TYPESCRIPT,
      "@types/node@24.19.2",
      ...packages,
    ],
  ],
  generate: [generate],
  compile: [["node_modules/.bin/tsc"]],
  run: ["node", "built/flow.js"],
})

const VENV: Command = ["python3", "-m", "venv", "venv"]
const PIP = ["venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"] as const

// A module that is not imported may hold anything: all are.
const IMPORT_ALL = `
import importlib, pkgutil, ringback
for module in pkgutil.walk_packages(ringback.__path__, "ringback."):
    importlib.import_module(module.name)
`

const openapiGenerator = (language: string, properties: string): Command[] => [
  [
    "mvn",
    "--quiet",
    "--batch-mode",
    "dependency:copy",
    `-Dartifact=org.openapitools:openapi-generator-cli:${OPENAPI_GENERATOR}`,
    "-DoutputDirectory=.",
  ],
  [
    "java",
    "-jar",
    `openapi-generator-cli-${OPENAPI_GENERATOR}.jar`,
    "generate",
    "-g",
    language,
    "-i",
    "openapi.json",
    "-o",
    ".",
    `--additional-properties=${properties}`,
  ],
]

/** Those that an API's document has to be good for, with the versions that were tried. */
export const generators: readonly Generator[] = [
  typescript(["openapi-typescript@7.13.0", "openapi-fetch@0.17.0"], "openapi-typescript.ts", [
    "node_modules/.bin/openapi-typescript",
    "openapi.json",
    "-o",
    "ringback.ts",
  ]),
  typescript(["@hey-api/openapi-ts@0.99.0"], "hey-api.ts", [
    "node_modules/.bin/openapi-ts",
    "-i",
    "openapi.json",
    "-o",
    "ringback",
  ]),
  {
    name: "openapi-python-client@0.29.1",
    needs: ["python3"],
    flow: ["openapi_python_client.py", "flow.py"],
    files: { "config.yaml": "post_hooks: []\n" },
    install: [VENV, [...PIP, "openapi-python-client==0.29.1"]],
    generate: [
      [
        "venv/bin/openapi-python-client",
        "generate",
        "--path",
        "openapi.json",
        "--output-path",
        "ringback",
        "--config",
        "config.yaml",
        "--meta",
        "none",
        "--fail-on-warning",
      ],
    ],
    compile: [["venv/bin/python", "-c", IMPORT_ALL]],
    run: ["venv/bin/python", "flow.py"],
  },
  {
    name: "oapi-codegen@v2.8.2",
    needs: ["go"],
    flow: ["oapi-codegen.go", "flow.go"],
    files: {},
    install: [
      ["go", "mod", "init", "example.com/flow"],
      ["go", "get", "github.com/oapi-codegen/runtime@v1.9.0"],
    ],
    generate: [
      [
        "go",
        "run",
        OAPI_CODEGEN,
        "-generate",
        "types,client",
        "-package",
        "main",
        "-o",
        "client.go",
        "openapi.json",
      ],
    ],
    compile: [
      ["go", "vet", "."],
      ["go", "build", "-o", "flow", "."],
    ],
    run: ["./flow"],
  },
  {
    name: `openapi-generator@${OPENAPI_GENERATOR} java`,
    needs: ["java", "mvn"],
    flow: ["Flow.java", "src/main/java/Flow.java"],
    files: {},
    install: [],
    generate: openapiGenerator("java", "library=native"),
    compile: [
      ["mvn", "--quiet", "--batch-mode", "package", "-Dmaven.test.skip", "-Dmaven.javadoc.skip"],
    ],
    run: ["java", "-cp", "target/classes:target/lib/*", "Flow"],
  },
  {
    name: `openapi-generator@${OPENAPI_GENERATOR} python`,
    needs: ["java", "mvn", "python3"],
    flow: ["openapi_generator.py", "flow.py"],
    // What it makes of `webhooks` does not parse, for any document: its parameters have no types.
    files: { ".openapi-generator-ignore": "**/webhooks_api.py\ntest/**\n" },
    install: [VENV],
    generate: openapiGenerator("python", "packageName=ringback"),
    compile: [
      [...PIP, "-r", "requirements.txt"],
      ["venv/bin/python", "-c", IMPORT_ALL],
    ],
    run: ["venv/bin/python", "flow.py"],
  },
]
