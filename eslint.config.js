import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// `no-restricted-syntax` is one rule: a later block replaces its list, so the lists are put together here.
const everywhere = [
  {
    selector: 'TSInterfaceDeclaration[id.name=/^I[A-Z]/]',
    message: 'Name an interface for what it is, without an I in front.',
  },
  {
    selector: 'CallExpression[callee.object.name=/^(describe|it|test)$/][callee.property.name=/^(only|skip)$/]',
    message: 'Run this test, or delete it.',
  },
  {
    selector: 'CallExpression[callee.name=/^(fdescribe|fit|xdescribe|xit|xtest)$/]',
    message: 'Run this test, or delete it.',
  },
];
const noDefaultExports = { selector: 'ExportDefaultDeclaration', message: 'Export it by name.' };
const noPresentInstant = {
  selector: ":matches(NewExpression[arguments.length=0], CallExpression)[callee.name='Date']",
  message: 'The core has no clock: take the instant as an argument.',
};

const IMPURE_GLOBALS = [
  'process',
  'console',
  'performance',
  'crypto',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', '.turnout/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // An async method may promise what it does not yet need, as the interfaces of Nest and the ports do.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      complexity: ['error', 15],
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExports],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'max-lines': ['error', 300],
      'no-console': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            'process',
            'node:process',
            { name: 'class-validator', importNames: ['IsISO8601'], message: 'Date.parse reads less: use IsInstant.' },
          ],
        },
      ],
    },
  },
  {
    // Speaks before there is a logger, and when even that failed.
    files: ['src/start.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/platform/config*', 'src/platform/config/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only platform/config reads the environment.' },
      ],
    },
  },
  {
    files: ['src/core/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...everywhere, noDefaultExports, noPresentInstant],
      'no-restricted-globals': ['error', ...IMPURE_GLOBALS.map((name) => ({ name, message: 'The core is pure.' }))],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The core has no clock: take the instant as an argument.' },
        { object: 'Math', property: 'random', message: 'The core is the same every time.' },
      ],
    },
  },
  {
    // Tests look at answers of unknown shape, and pass methods to expect().
    files: ['**/*.spec.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      complexity: 'off',
    },
  },
  {
    // Not part of the TypeScript project that the service is built from.
    files: ['scripts/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Jest calls the default export of these.
    files: ['test/support/global-*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...everywhere] },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.base],
    rules: {
      eqeqeq: 'error',
      'prefer-const': 'error',
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': ['error', ...everywhere],
    },
  },
);
