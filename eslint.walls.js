// @ts-check
/**
 * @module
 * The walls of the house, as lint: which folder may import which, and what simulated code must not touch.
 * They need no type information, so that `eslint.config.test.ts` can try each of them on a line of code.
 *
 * A wall names the rule and says what to use instead. To let a whole file through, name it in `HOST` or `GUARDS` below, where a
 * reviewer sees it; a single line says `// eslint-disable-next-line <rule> -- <why the run still depends on its seed alone>`.
 */
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

const ROOT = import.meta.dirname;

/** @typedef {{ globals?: Record<string, string>, properties?: Record<string, string>, syntax?: Record<string, string> }} Wall What is forbidden, and what to say about it. */

// Where code stands.

const SIMULATED = ['actors/**', 'workloads/**', 'runtime/**'];
/** Never built, never part of a run: may wait, read files, keep state. */
const TESTS = ['**/*.test.ts', '**/testing/**'];
/** The parts of the runtime that deal with the real machine. */
const HOST = ['runtime/workers/**', 'runtime/random/**', 'runtime/trace/trace-file.ts', 'runtime/disk/real-disk.ts'];
/** Replaces the forbidden globals while a simulation runs; it and its test therefore name them all. */
const GUARDS = ['runtime/kernel/guards.ts', 'runtime/kernel/guards.test.ts'];

// Arrows run one way: cli → workloads, bench → actors → runtime.

/** What each folder may import: paths from the root, a folder with its slash. @type {Record<string, readonly string[]>} */
const ARROWS = {
  cli: ['cli/', 'bench/', 'workloads/', 'actors/', 'runtime/'],
  bench: ['bench/', 'workloads/', 'actors/', 'runtime/'],
  workloads: ['workloads/', 'actors/', 'runtime/'],
  actors: ['actors/', 'runtime/index.ts'],
  runtime: ['runtime/'],
};
/** A test of an actor runs a simulation, for which it needs more of the runtime than its face. @type {Record<string, readonly string[]>} */
const TEST_ARROWS = { ...ARROWS, actors: ['actors/', 'runtime/'] };

/** Packages with a single place, and why. @type {Record<string, { home: string, because: string }>} */
const HOMES = {
  seedrandom: { home: 'runtime/random/', because: 'Use context.random(stream), or randomStream(seed, name) in the runtime' },
  comlink: { home: 'runtime/workers/', because: 'It is the control plane of the workers and never carries data; send a frame or a trace event' },
};

/** @param {string} path @param {readonly string[]} allowed */
const liesIn = (path, allowed) => allowed.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

/**
 * Why the file at `from` (a path from the root) may not import `specifier`; undefined when it may.
 * @param {string} from @param {string} specifier @param {{ mayUseNode: boolean, isTest: boolean }} place
 * @returns {string | undefined}
 */
function objection(from, specifier, { mayUseNode, isTest }) {
  if (isBuiltin(specifier)) {
    if (mayUseNode) return undefined;
    return `Determinism wall: simulated code imports no Node module ('${specifier}'). Use the context (disk, clock, random, observe); only ${HOST.join(', ')} touch the machine.`;
  }
  if (!specifier.startsWith('.') && !specifier.startsWith('/')) {
    const name = specifier.split('/')[0] ?? '';
    const rule = HOMES[name];
    if (rule === undefined || from.startsWith(rule.home)) return undefined;
    return `'${name}' belongs to ${rule.home} alone. ${rule.because}.`;
  }
  const target = relative(ROOT, resolve(ROOT, dirname(from), specifier)).split(sep).join('/');
  if (liesIn(`${target}/`, ['dist/'])) return 'Nothing imports from dist: it is made from the sources. Import the .ts file.';
  if (!isTest && /(^|\/)testing\/|\.test\.ts$/.test(target)) return `'${target}' is for tests: it is not built, and no wall of determinism stands around it. Move what is needed out of it.`;
  const folder = from.split('/')[0] ?? '';
  const allowed = (isTest ? TEST_ARROWS : ARROWS)[folder];
  if (allowed === undefined || liesIn(target, allowed)) return undefined;
  if (folder === 'actors' && target.startsWith('runtime/'))
    return `Arrows run one way: actors see only the runtime's public face. Import '${target}' through runtime/index.ts, or do without.`;
  return `Arrows run one way (cli → workloads, bench → actors → runtime): ${folder} may not import '${target}', only ${allowed.join(', ')}. Hand it in as an argument, or move what both need down.`;
}

/** @type {import('eslint').Rule.RuleModule} */
const importsRule = {
  meta: {
    type: 'problem',
    docs: { description: 'Arrows run one way, and simulated code imports nothing of the machine' },
    schema: [{ type: 'object', properties: { mayUseNode: { type: 'boolean' }, isTest: { type: 'boolean' } }, additionalProperties: false }],
    defaultOptions: [{ mayUseNode: true, isTest: false }],
  },
  create(context) {
    const from = relative(ROOT, context.filename).split(sep).join('/');
    /** @param {any} source The node of the specifier. */
    const check = (source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = objection(from, source.value, context.options[0]);
      if (message !== undefined) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (/** @type {any} */ node) => check(node.source),
      'CallExpression[callee.name="require"]': (/** @type {any} */ node) => check(node.arguments[0]),
    };
  },
};

// The wall of determinism: a run depends on its seed and nothing else.

/** The same message for many names. @param {string} message @param {readonly string[]} names */
const each = (message, names) => Object.fromEntries(names.map((name) => [name, message]));

/** @type {Wall} */
const randomness = {
  properties: each('Determinism wall: no Math.random. Use context.random(stream): a run must depend on its seed alone.', ['Math.random']),
  globals: each('Determinism wall: no crypto. Use context.random(stream): a run must depend on its seed alone.', ['crypto']),
};

/** @type {Wall} */
const date = { globals: each('Determinism wall: no Date. Use context.clock() for timestamps, context.now for durations.', ['Date']) };

/** @type {Wall} */
const clocks = {
  globals: {
    ...each('Determinism wall: no clock of the machine. Use context.now or context.clock().', ['performance']),
    ...each('Determinism wall: no timer of the machine. Use yield* context.sleep(us), or context.spawn(task).', [
      'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'clearInterval', 'clearImmediate', 'queueMicrotask',
    ]),
  },
};

/** @type {Wall} */
const machine = {
  globals: {
    ...each('Determinism wall: simulated code does not see the process. Take what is needed as an option, before the run.', ['process', 'navigator']),
    ...each('Determinism wall: simulated code does no I/O. Use context.disk, context.connect or context.observe.', ['console', 'fetch', 'WebSocket', 'MessageChannel', 'BroadcastChannel']),
    ...each('Determinism wall: a global must be named, so that lint sees which. Write it without globalThis.', ['globalThis', 'global', 'self']),
    ...each('Determinism wall: when garbage is collected is not in the seed. Delete the entry where its owner ends.', ['WeakRef', 'FinalizationRegistry']),
  },
};

const APPROXIMATE = [
  'acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp', 'expm1', 'hypot', 'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh',
];
const INEXACT = 'differs between engines. Use integers and + − × ÷, 32 − Math.clz32(n) for a binary logarithm, random.exponential(mean) for a delay.';

/** @type {Wall} */
const arithmetic = {
  properties: Object.fromEntries(APPROXIMATE.map((name) => [`Math.${name}`, `Determinism wall: Math.${name} ${INEXACT}`])),
  syntax: {
    ...each(`Determinism wall: ** ${INEXACT}`, ['BinaryExpression[operator="**"]:not([left.type="Literal"][right.type="Literal"])', 'AssignmentExpression[operator="**="]']),
    ...each('Determinism wall: a member of Math must be named, so that lint sees which. Write Math.floor(x), not an alias.', [
      ':not(MemberExpression, ObjectPattern, TSQualifiedName, Property, VariableDeclarator[id.type="ObjectPattern"]) > Identifier[name="Math"]',
      'MemberExpression[computed=true][object.name="Math"][property.type!="Literal"]',
    ]),
  },
};

/** @type {Wall} */
const order = {
  globals: each('Determinism wall: Intl depends on the locale data of the machine. Format by hand.', ['Intl']),
  syntax: {
    'MemberExpression[property.name=/^(localeCompare|toLocale[A-Z].*)$/]': 'Determinism wall: locale data differs between machines. Compare with < and >, format by hand.',
    'CallExpression[callee.property.name=/^(sort|toSorted)$/][arguments.length=0]':
      'Determinism wall: sort() without a comparator compares as text. Give a total comparator that ends in a unique key, e.g. (a, b) => a.offset - b.offset.',
    ForInStatement: 'Determinism wall: for…in visits inherited and integer-like keys in an order of its own. Use a Map, or for…of over Object.keys in an order that is stated.',
  },
};

const STACK = 'Determinism wall: a stack names paths and lines of this checkout. Use the name and the message of the error.';
/** @type {Wall} */
const stacks = {
  properties: each(STACK, ['Error.captureStackTrace', 'Error.stackTraceLimit', 'Error.prepareStackTrace']),
  syntax: each(STACK, ['MemberExpression[property.name="stack"]', 'ObjectPattern > Property[key.name="stack"]']),
};

const TASKS = 'Actors wait in generator tasks, which a crash can drop. Write function* and yield*, not async, await or promises.';
/** @type {Wall} */
const promises = {
  globals: each(TASKS, ['Promise']),
  syntax: {
    ...each(TASKS, [':function[async=true]', 'AwaitExpression', 'ForOfStatement[await=true]', 'TSTypeReference[typeName.name=/^Promise(Like)?$/]']),
    ImportExpression: 'Actors and workloads are loaded before the run. Use a static import.',
  },
};

/** @type {Wall} */
const sharing = {
  globals: {
    ...each('Buffer is of Node. Use Uint8Array and DataView.', ['Buffer']),
    ...each('Actors share nothing by reference. Send a frame.', ['Atomics', 'SharedArrayBuffer']),
  },
};

const STATE = 'Module state is shared by all actors of a worker, and by all runs. Keep it in the actor: in what start() creates.';
const COLLECTION = `${STATE} If it is a constant table, declare it ReadonlyMap, ReadonlySet or readonly T[].`;
const AT_MODULE = ['Program > VariableDeclaration', 'Program > ExportNamedDeclaration > VariableDeclaration'];
/** @type {Wall} */
const moduleState = {
  syntax: {
    ...each(STATE, AT_MODULE.map((declaration) => `${declaration}[kind!="const"]`)),
    ...each(STATE, ['PropertyDefinition[static=true][readonly!=true]']),
    ...each(COLLECTION, AT_MODULE.flatMap((declaration) => [
      `${declaration} > VariableDeclarator[init.type="NewExpression"][init.callee.name=/^(Map|Set|WeakMap|WeakSet)$/]:not([id.typeAnnotation.typeAnnotation.typeName.name=/^Readonly/])`,
      `${declaration} > VariableDeclarator[init.type="ArrayExpression"][init.elements.length=0]`,
    ])),
  },
};

/**
 * One entry of the configuration: these walls around these files. An entry that comes later replaces the walls of an earlier one.
 * @param {string} name @param {string[]} files @param {string[]} ignores @param {Wall[]} walls
 * @returns {import('eslint').Linter.Config}
 */
function around(name, files, ignores, walls) {
  const globals = walls.flatMap((wall) => Object.entries(wall.globals ?? {}));
  const properties = walls.flatMap((wall) => Object.entries(wall.properties ?? {}));
  const syntax = walls.flatMap((wall) => Object.entries(wall.syntax ?? {}));
  return {
    name,
    files,
    ignores,
    rules: {
      'no-restricted-globals': restrict(globals.map(([name, message]) => ({ name, message }))),
      'no-restricted-properties': restrict(properties.map(([path, message]) => ({ object: path.split('.')[0], property: path.split('.')[1], message }))),
      'no-restricted-syntax': restrict(syntax.map(([selector, message]) => ({ selector, message }))),
    },
  };
}

/** Off when there is nothing to restrict: a bare 'error' would keep the options of an earlier entry. @param {any[]} what @returns {any} */
function restrict(what) {
  return what.length === 0 ? 'off' : ['error', ...what];
}

const SOURCES = ['**/*.{ts,mts,js,mjs}'];
const PLAYERS = ['actors/**', 'workloads/**'];

/** The walls alone, for all files of the repository. @type {import('eslint').Linter.Config[]} */
export const walls = [
  { files: ['**/*.{ts,mts}'], languageOptions: { parser: /** @type {any} */ (tseslint.parser) } },
  { name: 'arrows', files: SOURCES, plugins: { house: { rules: { imports: importsRule } } }, rules: { 'house/imports': ['error', { mayUseNode: true, isTest: false }] } },
  { name: 'arrows, simulated', files: SIMULATED, ignores: [...HOST, ...GUARDS], rules: { 'house/imports': ['error', { mayUseNode: false, isTest: false }] } },
  { name: 'arrows, tests', files: TESTS, rules: { 'house/imports': ['error', { mayUseNode: true, isTest: true }] } },

  around('runtime', ['runtime/**'], [...HOST, ...GUARDS], [randomness, date, clocks, machine, arithmetic, order, stacks]),
  around('actors and workloads', PLAYERS, [], [randomness, date, clocks, machine, arithmetic, order, stacks, promises, sharing, moduleState]),
  around('the machine\'s side of the runtime', HOST, [], [randomness, arithmetic, order]),
  around('tests', TESTS, GUARDS, [randomness, date]),
];

export default walls;
