// The arrows of the architecture: hosts -> api -> app -> ports -> domain; adapters -> ports, domain;
// src-main -> src-preload/contract <- src-renderer. A file may import its own layer and those listed for it.
const CONTRACT = 'src-preload/contract/'
const main = (layer) => `src-main/${layer}/`

/** Adapter folders that are no outside thing of their own; see decisions/shared-sql.md. */
const SHARED_GROUNDS = ['outbox-sql', 'mapping-schema', 'postgres-client', 'store-rows']

const LAYERS = {
  [main('domain')]: [],
  [main('ports')]: [main('domain')],
  [main('app')]: [main('ports'), main('domain')],
  [main('api')]: [main('app'), main('ports'), main('domain'), CONTRACT],
  [main('adapters')]: [main('ports'), main('domain')],
  [main('sandbox')]: [main('adapters'), main('ports'), main('domain'), 'resources/receiver/'],
  [main('hosts')]: ['src-main/', CONTRACT],
  [CONTRACT]: [],
  'src-renderer/': [CONTRACT],
  'src-renderer/ui/': [CONTRACT],
}

const layerRules = Object.entries(LAYERS).map(([layer, below]) => ({
  name: `layer ${layer}`,
  comment: `${layer} may import from this project only: ${[layer, ...below].join(', ')}`,
  severity: 'error',
  from: { path: `^${layer}` },
  to: { path: '^(src-|test/|resources/|\\.config/)', pathNot: `^(${[layer, ...below].join('|')})` },
}))

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const packages = (names) => `^node_modules/(@types/)?(${names})(/|$)`

module.exports = {
  forbidden: [
    ...layerRules,
    forbid('no cycle', 'Modules that need each other are one module.', {}, { circular: true }),
    forbid('resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
    forbid(
      'pure core',
      'domain, ports and app reach the world through ports: no package and no Node module, save for hashing and signing.',
      { path: '^src-main/(domain|ports|app)/', pathNot: '^src-main/domain/(digest|ed25519)\\.ts$' },
      {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
      },
    ),
    forbid(
      'adapters stand alone',
      'One folder per outside thing; they never import each other, save for the grounds that some share.',
      { path: '^src-main/adapters/([^/]+)/' },
      { path: '^src-main/adapters/', pathNot: `^src-main/adapters/($1|${SHARED_GROUNDS.join('|')})/` },
    ),
    forbid(
      'electron only in the desktop host',
      'Engine, http and cli hosts run under plain Node.',
      { path: '^src-', pathNot: '^(src-main/hosts/desktop/|src-preload/preload\\.ts$)' },
      { path: packages('electron') },
    ),
    forbid(
      'contract is pure',
      'Schemas only: zod and @orpc/contract.',
      { path: `^${CONTRACT}` },
      { pathNot: [`^${CONTRACT}`, packages('zod|@orpc/contract')] },
    ),
    forbid(
      'preload is a bridge',
      'It hands over one port: electron and the contract, nothing else.',
      { path: '^src-preload/[^/]+$' },
      { pathNot: ['^src-preload/', packages('electron')] },
    ),
    forbid(
      'no Node in the renderer',
      'It is a web page.',
      { path: '^src-renderer/' },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'rpc only in src-renderer/api',
      'Features talk to the client, not to the RPC library.',
      { path: '^src-renderer/', pathNot: '^src-renderer/api/' },
      { path: packages('@orpc/[^/]+') },
    ),
    forbid(
      'features stand alone',
      'What two features need belongs in ui/ or app/.',
      { path: '^src-renderer/features/([^/]+)/' },
      { path: '^src-renderer/features/', pathNot: '^src-renderer/features/$1/' },
    ),
    forbid(
      'no development package at run time',
      'src-main runs from node_modules as it is: what it imports is a dependency, not a devDependency.',
      { path: '^src-main/' },
      {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: packages('electron|node|pg|ws|better-sqlite3'),
      },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(out|dist|\\.cache|redrive-data)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: '.config/tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.vue', '.js', '.json', '.d.ts'],
    },
  },
}
