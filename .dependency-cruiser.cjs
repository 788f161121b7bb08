// Who may import whom. Type imports count. What is not listed here is forbidden, and so are cycles.
// A name is a folder of src; `folder/file` is that file alone.
const MAY_IMPORT = {
  core: [],
  platform: [],
  profiles: ['core', 'platform'],
  ctas: ['core', 'platform'],
  segments: ['core', 'platform'],
  // Where links stand in a template; texts in, places out.
  templates: [],
  utm: ['core', 'ctas', 'templates', 'platform'],
  // Rules by themselves: checked, explained and played, never stored.
  rules: ['core', 'profiles', 'segments', 'platform'],
  outbox: ['core', 'platform'],
  // Deletes rows of others, by SQL alone.
  retention: ['core', 'platform'],
  // Looks at links: given ones, those of a template, and those that are clicked or declared.
  'link-qa': ['core', 'ctas', 'templates', 'links', 'journeys', 'platform'],
  // The command line speaks to a running service over HTTP; links it follows itself, before anything is sent.
  cli: ['pre-send', 'links-of-template', 'clients', 'qa-settings', 'qa-report'].map((file) => `link-qa/${file}`),
  // How things stand: what it shows of others it reads by SQL.
  monitoring: ['core', 'platform', 'profiles'],
  sources: ['core', 'profiles', 'ctas', 'platform'],
  // Links that lead through us; a click on one is an event like any other.
  links: ['core', 'profiles', 'ctas', 'sources', 'utm', 'platform'],
  // What came of clicks, counted from the log.
  'link-reports': ['core', 'profiles', 'ctas', 'platform'],
  // What came of clicks, told to destinations.
  'link-outcomes': [
    ...['core', 'profiles', 'ctas', 'outbox', 'link-reports', 'platform', 'sources/customerio/reported-click'],
  ],
  // Templates in, the same templates with tracked links out.
  rewriting: ['ctas', 'templates', 'links', 'platform'],
  // Stored events as rules see them; read by whoever evaluates.
  histories: ['core', 'profiles', 'ctas', 'platform'],
  memberships: ['core', 'profiles', 'ctas', 'histories', 'segments', 'outbox', 'platform'],
  journeys: ['core', 'profiles', 'ctas', 'segments', 'outbox', 'platform'],
  // A decision is asked of a journey's branch point; a journey knows nothing of decisions.
  decisions: [
    ...['core', 'profiles', 'ctas', 'histories', 'segments', 'journeys', 'outbox', 'platform'],
    'memberships/evaluation-followers',
  ],
  // The set-up checklist: asks of nearly everything how it stands, and judges it.
  checklist: [
    ...['core', 'profiles', 'ctas', 'sources', 'utm', 'links', 'link-qa', 'journeys', 'destinations', 'platform'],
  ],
  destinations: ['core', 'platform'],
  // Erasure and access: of others only what may name people: what was set aside, and samples.
  privacy: [
    ...['core', 'profiles', 'outbox', 'destinations', 'platform', 'sources/dead-letter-store'],
    ...['segments/shadow-store', 'memberships/preview-store'],
  ],
  // Of memberships and decisions only what is read: their rows.
  sync: ['outbox', 'destinations', 'platform', 'memberships/memberships.entities', 'decisions/decision.entity'],
};
// Files directly in src (main, worker, app.module, data-source, …) put the parts together and may import all of them.

const folders = Object.keys(MAY_IMPORT);
const inSrc = (name) => (name.includes('/') ? `^src/${name}\\.ts$` : `^src/${name}/`);

const importRules = folders.map((folder) => ({
  name: `${folder}-imports`,
  comment: `${folder} may import ${MAY_IMPORT[folder].join(', ') || 'nothing else'} in src.`,
  severity: 'error',
  from: { path: inSrc(folder) },
  to: { path: '^src/', pathNot: [folder, ...MAY_IMPORT[folder]].map(inSrc) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...importRules,
    {
      name: 'every-folder-is-listed',
      comment: 'A new folder of src needs a line in the table of this file.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: folders.map(inSrc) },
      to: {},
    },
    {
      name: 'core-is-pure',
      comment: 'The core imports no package and nothing of Node.',
      severity: 'error',
      from: { path: inSrc('core'), pathNot: '\\.spec\\.ts$' },
      to: { pathNot: inSrc('core') },
    },
    {
      name: 'service-imports-no-tests',
      comment: 'What is shipped knows nothing of what tests or measures it.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^(test|bench|scripts)/', '\\.spec\\.ts$'] },
    },
    {
      name: 'migrations-stand-alone',
      comment: 'A merged migration never changes, so it must not depend on what does.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^src/' },
    },
    {
      name: 'no-development-packages',
      comment: 'The service is installed without development packages.',
      severity: 'error',
      from: { path: '^(src|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
