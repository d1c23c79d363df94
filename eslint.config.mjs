import js from '@eslint/js';
import prettier from 'eslint-config-prettier/flat';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** What Node gives to every script; listed here rather than pulled in as a package of 1500 names. */
const NODE_GLOBALS = Object.fromEntries(
  [
    'AbortController',
    'AbortSignal',
    'Buffer',
    'URL',
    'URLSearchParams',
    'clearInterval',
    'clearTimeout',
    'console',
    'fetch',
    'performance',
    'process',
    'queueMicrotask',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone',
  ].map((name) => [name, 'readonly']),
);

/** Rooms without a subject: everything fits in them, so nothing is found there (docs/architecture.md). */
const NO_ATTICS = {
  regex: '^\\.{1,2}/(?:.*/)?(?:utils?|helpers?|common|misc)(?:[./]|$)',
  message: 'Name the file after what it does.',
};
const NO_DEEP_IMPORTS = {
  regex: '^@helix/[^/]+/(?!nest$|testing$)',
  message: "Import a package by its name, '/nest' or '/testing': the rest of it is its own business.",
};

export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '**/coverage/', '.helix/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      // One program for all packages, as `npm run typecheck` has it: cheaper than a project service that opens nine.
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // The compiler knows unresolved names better.
      'no-undef': 'off',
      'no-restricted-imports': ['error', { patterns: [NO_ATTICS, NO_DEEP_IMPORTS] }],
      'no-duplicate-imports': ['error', { allowSeparateTypeImports: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // Text from a wire is checked for control characters; that is what such a pattern looks like.
      'no-control-regex': 'off',
      'default-case-last': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of literals (house style, "TypeScript").' },
        { selector: 'ExportDefaultDeclaration', message: 'Use named exports (house style, "TypeScript").' },
        {
          selector: 'ExportAllDeclaration[exported=null]',
          message: 'Export by name: an index is the whole API, to be read.',
        },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // An empty string means "not given" wherever text comes from outside.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // It asks for `!`, which the house has no use for.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // A DTO is a class for its decorators only; what a controller returns is a literal of its shape.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest's modules are classes with a decorator and nothing in them; a static method makes a dynamic module.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowStaticOnly: false }],
    },
  },
  {
    // Runs in a browser, and so is no part of the program of all that runs in Node.
    files: ['apps/api/src/console/page/**/*.ts'],
    languageOptions: { parserOptions: { project: './apps/api/src/console/page/tsconfig.check.json' } },
  },
  {
    files: ['**/*.entity.ts', '**/*.dto.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Tests ask for what cannot be, read JSON they know, and hand over half-made things: that is their work.
    files: ['**/*.spec.ts', '**/test/**/*.ts', 'test/**/*.ts', '**/src/testing/**/*.ts'],
    rules: {
      '@typescript-eslint/explicit-module-boundary-types': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Programs whose output is their purpose.
    files: ['bench/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { ecmaVersion: 2023, sourceType: 'module', globals: NODE_GLOBALS },
    rules: { eqeqeq: 'error', 'prefer-const': 'error', 'no-duplicate-imports': 'error' },
  },
  prettier,
);
