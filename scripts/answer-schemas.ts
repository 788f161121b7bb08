/**
 * Writes what the routes answer, as their methods' types have it, to src/platform/answer-schemas.json, from where the
 * description of the API takes it. `--check`, part of `npm run check`, writes nothing and fails where it would.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';
import { TypeSchemas, type Schema } from './type-schemas.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = `${ROOT}src/platform/answer-schemas.json`;
const ROUTES = new Set(['Get', 'Post', 'Put', 'Patch', 'Delete']);

const config = ts.getParsedCommandLineOfConfigFile(`${ROOT}tsconfig.build.json`, { noEmit: true }, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
    throw new Error(String(messageText));
  },
} satisfies ts.ParseConfigFileHost)!;
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();
const schemas = new TypeSchemas(checker, `${ROOT}src/`);
const operations: Record<string, Schema> = {};
for (const { id, method } of routes()) {
  const signature = checker.getSignatureFromDeclaration(method)!;
  const answer = schemas.ofAnswer(checker.getAwaitedType(signature.getReturnType())!);
  if (answer) operations[id] = answer;
}

const text = await formatted(JSON.stringify({ operations: sorted(operations), parts: sorted(schemas.named) }));
const isCurrent = existsSync(TARGET) && readFileSync(TARGET, 'utf8') === text;
if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (!isCurrent) {
  console.error('src/platform/answer-schemas.json is not what the types of the controllers say. Run: npm run answers');
  process.exitCode = 1;
}

/** The methods that answer requests, by the ids that Nest gives them. */
function* routes(): Generator<{ id: string; method: ts.MethodDeclaration }> {
  for (const source of program.getSourceFiles().filter((one) => one.fileName.startsWith(`${ROOT}src/`))) {
    for (const statement of source.statements) {
      if (!ts.isClassDeclaration(statement) || !decoratorsOf(statement).has('Controller')) continue;
      for (const method of statement.members.filter(ts.isMethodDeclaration)) {
        const isRoute = [...decoratorsOf(method)].some((one) => ROUTES.has(one));
        if (isRoute) yield { id: `${statement.name!.text}_${method.name.getText()}`, method };
      }
    }
  }
}

function decoratorsOf(node: ts.HasDecorators): Set<string> {
  const calls = (ts.getDecorators(node) ?? []).map((one) => one.expression).filter(ts.isCallExpression);
  return new Set(calls.map((call) => call.expression.getText()));
}

function sorted(schemasByName: Record<string, Schema>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(schemasByName).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function formatted(source: string): Promise<string> {
  return prettier.format(source, { ...(await prettier.resolveConfig(TARGET)), parser: 'json' });
}
