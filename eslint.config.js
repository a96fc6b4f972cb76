// @ts-check
/** @module What lint holds: the walls of the house (`eslint.walls.js`), and the mistakes a compiler lets pass. */
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { walls } from './eslint.walls.js';

/**
 * A task that is made but not run does nothing at all: `context.sleep(5)` without `yield*`. The twin of no-floating-promises.
 * @type {import('eslint').Rule.RuleModule}
 */
const noFloatingTasks = {
  meta: { type: 'problem', docs: { description: 'A task that nobody runs' }, schema: [] },
  create(context) {
    const services = /** @type {any} */ (context.sourceCode.parserServices);
    return {
      'ExpressionStatement > :matches(CallExpression, ChainExpression, LogicalExpression, ConditionalExpression)'(/** @type {any} */ node) {
        const type = services.getTypeAtLocation(node);
        const members = type.isUnion() ? type.types : [type];
        if (members.some((/** @type {import('typescript').Type} */ member) => member.getSymbol()?.name === 'Generator'))
          context.report({ node, message: 'This task is made but never runs. Write yield* before it, or hand it to context.spawn.' });
      },
    };
  },
};

export default defineConfig(
  { ignores: ['dist/', 'results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  {
    name: 'mistakes',
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tasks: { rules: { 'no-floating-tasks': noFloatingTasks } } },
    rules: {
      eqeqeq: 'error',
      'no-constant-binary-expression': 'error',
      'no-self-compare': 'error',
      'no-unmodified-loop-condition': 'error',
      'no-useless-assignment': 'error',
      'require-yield': 'error',
      'preserve-caught-error': 'error',
      'tasks/no-floating-tasks': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/require-array-sort-compare': ['error', { ignoreStringArrays: true }],
    },
  },
  walls,
);
