/**
 * What people are told about each member of the policies' sections: one sentence or two without a
 * full stop at the end. Editors show it, and the documentation's tables are made of it.
 *
 * @module
 */

type Descriptions = Readonly<Record<string, string>>;

const GRANTS: Descriptions = {
  scopes: 'Scopes the caller has',
  roles: 'Roles the caller has',
};

const AUTH: Descriptions = {
  '': 'Who may connect, and how they prove who they are',
  mode: 'none asks nobody; passthrough leaves credentials and challenges to the server behind; required lets in who a method accepts. Default: required with methods, none without',
  insecureNoAuth: 'Policies are meant to work although nobody is asked who they are',
  methods: 'Ways to prove who one is, in the order in which they are tried',
  ...below('methods[api_key]', {
    bearer: 'Take keys as Authorization: Bearer too, beside X-API-Key',
    queryParameter:
      'Name of a query parameter that may carry the key. Addresses end up in logs and histories, so better none',
    clients: 'Who has keys',
    'clients[].subject': 'What the client is called in rules, limits and audit records',
    ...below('clients[]', GRANTS),
    'clients[].keys': 'Keys of the client: several, so that a new one can be handed out in time',
    'clients[].keys[].digest': 'SHA-256 of the key in hex; see "weir auth new-key"',
    'clients[].keys[].expires':
      'Date, or moment with its zone, from which the key is worth nothing',
    'clients[].keys[].label': 'Tells the keys of a client apart in audit records',
  }),
  ...below('methods[basic]', {
    users: 'Who has a password',
    'users[].subject': 'User name',
    ...below('users[]', GRANTS),
    'users[].passwordHash': 'Hash of the password; see "weir auth hash-password"',
  }),
  ...below('methods[jwt]', {
    issuer: 'Who issues the tokens: their claim iss, character by character',
    jwksUrl: 'Where the public keys of the issuer are; https, or http on this machine',
    audience: 'Values of the claim aud, one of which a token must have. Default: resource.url',
    algorithms: 'Signature algorithms that are believed',
    tokenType: 'What the header typ of a token must say, such as at+jwt; without it anything',
    clockSkew: 'How far the clocks of issuer and proxy may be apart',
    requiredClaims:
      'Claims a token must have, each with the value or the list of values it may have; an empty list for any',
    subjectClaim: 'Path of the claim that names the caller',
    scopeClaims: 'Paths of claims that hold scopes: text with blanks between, or a list',
    roleClaims: 'Paths of claims that hold roles',
    exposedClaims: 'Paths of claims that rules may use',
    jwks: 'How the public keys are kept up to date',
    'jwks.refresh': 'Age from which keys are fetched anew; meanwhile they still count',
    'jwks.maxAge': 'Age from which keys no longer count, and nobody passes',
    'jwks.minInterval': 'Least time between two fetches for a key that is not known',
    'jwks.timeout': 'Longest time one fetch may take',
  }),
  ...below('methods[certificate]', {
    clients: 'Whose certificates are believed; see --tls-client-ca-file',
    'clients[].match':
      'CN=name, or an alternative name as DNS:…, URI:…, email:… or IP:…; * stands for anything up to the next separator, ** for anything',
    'clients[].subject': 'What the client is called. Default: what matched',
    ...below('clients[]', GRANTS),
  }),
  resource: 'The proxy as an OAuth resource server, with metadata for clients (RFC 9728)',
  ...below('resource', {
    url: 'The URL clients connect to',
    authorizationServers: 'Where tokens come from. Default: the issuers of the jwt methods',
    scopes: 'Scopes that clients without a token are told to ask for',
    scopesSupported: 'Scopes there are. Default: scopes',
    name: 'What people are shown as the name of the server',
  }),
  upstream:
    "What the server behind is shown in place of the client's credential, which it never gets",
  ...below('upstream', {
    header: 'Field that carries the secret',
    scheme: 'What stands before the secret, such as Bearer',
    env: 'Environment variable that holds the secret; this or file',
    file: 'File that holds the secret, read again when it changes; this or env',
  }),
};

const AUTHORIZE: Descriptions = {
  '': 'Who may call what. The first rule that matches decides',
  mode: 'report writes down what enforce would refuse',
  default:
    'What happens to what no rule matches. Default: deny with rules, allow without. Handshakes, pings and lists pass without a rule',
  rules: 'In order. A rule matches when everything that it states is met',
  ...below('rules[]', {
    name: 'Unique. Shown in audit records and by "weir policy explain", never to callers',
    effect: 'What becomes of what matches',
    methods: 'MCP methods, with * for anything; also http/get, http/delete and rpc/response',
    tools: 'Names of tools, with * for anything',
    prompts: 'Names of prompts, with * for anything',
    resources: 'URIs of resources; * stops at a slash, ** does not',
    principals: 'Names of callers, with * for anything',
    kinds: 'How callers proved who they are; anonymous for not at all',
    issuers: 'Issuers of callers with tokens, with * for anything',
    scopes: 'Scopes, all of which the caller must have; or {all, any}',
    'scopes.all': 'Every one of these',
    'scopes.any': 'At least one of these',
    roles: 'Roles, one of which the caller must have; or {all, any}',
    'roles.all': 'Every one of these',
    'roles.any': 'At least one of these',
    servers: 'Names of servers (upstream.name), with * for anything',
    readOnly: 'Tools that say of themselves that they only read; false for all others',
    destructive: 'Tools that may destroy something; false for those that say they do not',
    arguments:
      'Conditions on arguments by path (db.name, or a JSON Pointer): a value, a list of values, {glob}, {min, max}, {in}, {equals} or {present}',
    when: 'CEL expression that must be true',
  }),
};

const VALIDATE: Descriptions = {
  '': 'Whether requests are what the protocol has, and read alike by everybody',
  mode: 'For all checks of which no correct client is refused; accept, messageSize, depth, methods and arguments are turned on by name',
  checks: 'Modes of single checks, which win over mode',
  ...below('checks', {
    origin: 'Host and Origin are among allowedHosts and allowedOrigins',
    httpMethod: 'The HTTP method is among httpMethods',
    contentType: 'A POST says that it is JSON',
    accept: 'A POST takes both JSON and event streams',
    session: 'Session and event ids have the syntax they must have',
    messageSize: 'No message is longer than maxMessageBytes',
    json: 'The body is JSON-RPC that every parser reads alike',
    duplicateKeys: 'No member that decides anything is given twice',
    text: 'Names and methods are well-formed Unicode',
    depth: 'No message is nested deeper than maxDepth',
    batch: 'Batches come only with the one revision that has them',
    era: 'No GET, DELETE or posted response where the revision has none',
    headerTrust:
      'Mirrored header fields come only with revisions that compare them, or repeat the body',
    headerAgreement: 'Mirrored header fields say what the body says',
    requiredMeta: 'params._meta of modern requests is complete',
    protocolVersion: 'The protocol version is among versions',
    methods: 'The method is among methods',
    paramHeaders: 'Mcp-Param-* fields say what the arguments say',
    arguments: "Arguments obey the tool's own inputSchema, as tools/list has told it",
  }),
  httpMethods: 'HTTP methods that may pass. Default: GET, HEAD, POST, DELETE and OPTIONS',
  versions: 'Protocol versions that may pass. Default: all that weir knows',
  methods: 'JSON-RPC methods that may pass. Default: those of the protocol',
  maxMessageBytes: 'Longest message. Default: 4MiB',
  maxDepth: 'Deepest nesting of a message, which itself is level 1',
  unjudged: 'What becomes of arguments of tools that no list has described yet',
};

const SCOPE: Descriptions = {
  name: 'Unique. Told to callers, and a label of metrics',
  per: 'What is counted apart: each combination has a budget of its own. Default: one budget for all',
  methods: 'Which methods count, with * for anything. Default: all',
  tools: 'Which tools count, with * for anything. Default: all, and what is no tool',
  principals: 'Whose calls count, with * for anything. Default: everybody',
  roles: 'Callers with one of these roles. Default: everybody',
};

const LIMITS: Descriptions = {
  '': 'How much anybody may do',
  trustedProxies: 'Networks whose X-Forwarded-For is believed',
  ipv6Prefix: 'Leading bits of an IPv6 address that make one client',
  rates: 'So many calls in such a time',
  ...below('rates[]', {
    ...SCOPE,
    rate: 'Number and time, such as 10/s, 100/m or 1000/24h. Default: 10/s',
    burst: 'Calls at once. Default: those of one period',
  }),
  concurrency: 'So many calls at one time, in each process',
  ...below('concurrency[]', { ...SCOPE, max: 'Calls under way at one time' }),
  streams: 'Streams that stay open by themselves, in each process',
  ...below('streams', {
    total: 'All together',
    perPrincipal: 'Of one caller',
    perSession: 'Of one session',
  }),
  sizes: 'How large anything may be',
  ...below('sizes', {
    headerCount: 'Fields of a request head',
    headerBytes: 'Names and values of a request head, with four bytes more for each field',
    requestBytes: 'A request body. With any policy on, a longer one is refused',
    responseBytes: 'A response body, streams that stay open by themselves apart',
    eventBytes: 'One event of a stream',
  }),
  store: 'Where budgets of rates are kept',
  ...below('store', {
    kind: 'memory: in each process; redis: shared by all that name the same server; durable_object: shared on Workers',
    fail: 'What happens while the store is away: closed refuses, open lets pass and counts',
    timeout: 'Longest wait for a decision',
    maxKeys: 'Budgets that one limit keeps apart in memory',
    redis: 'A Redis or Valkey server; not on Workers',
    ...below('redis', {
      url: 'redis://host:port/db, or rediss:// for TLS; without credentials',
      username: 'User name',
      passwordFile: 'File that holds the password',
      passwordEnv: 'Environment variable that holds the password',
      caFile: 'Certificate authorities to trust, instead of the well-known ones',
      prefix: 'Begins every key. Proxies with the same one share their budgets',
    }),
  }),
};

const BREAKER: Descriptions = {
  '': 'When the server behind is left alone, after it has failed too often',
  failures: 'So many failures in a row, and it is left alone',
  openFor: 'For how long',
  probes: 'Calls that are let through then; when all of them succeed, everything is',
  failureStatuses: 'Statuses that are failures: numbers, or classes such as 5xx',
};

const SINK: Descriptions = {
  name: 'Unique; a label of metrics. Default: the type',
  onFull:
    'What happens when more waits than may: block holds requests, drop loses records and counts them',
  queueRecords: 'Records that may wait',
  queueSize: 'Size of the records that may wait',
};

const DELIVERY: Descriptions = {
  ...SINK,
  headers: 'Further header fields',
  ...below('headers[]', {
    name: 'Name of the field',
    value: 'Its value as it is; this, env or file',
    env: 'Environment variable that holds the value',
    file: 'File that holds the value, read for each delivery',
  }),
  batchRecords: 'Records that go out together',
  batchSize: 'Size at which records go out',
  batchInterval: 'Longest wait for others',
  timeout: 'Longest wait for an answer',
  attempts: 'Attempts before a batch is dropped; with block there is no last one',
};

const AUDIT: Descriptions = {
  '': 'What is written down of calls, and where. Results never are',
  format:
    'Names of the members of records: short as in client and tool, long as in user_id and tool_name',
  client: 'How callers are written down',
  address: 'How addresses are written down',
  hashKey: 'Key of hashed, which makes the same name of the same caller everywhere',
  ...below('hashKey', {
    env: 'Environment variable that holds the key; this or file',
    file: 'File that holds the key; this or env',
  }),
  methods:
    'Which methods are recorded, with * for anything; what was refused always is. Default: all',
  params:
    'How much of params is recorded: off, keys (names and types), masked, or full with every secret',
  tools: 'Tools of which more or less is recorded; the first that matches decides',
  ...below('tools[]', {
    tool: 'Name, with * for anything',
    params: 'How much of params is recorded',
  }),
  maskNames: 'Names of members to hide, with * at either end, besides passwords and the like',
  maskPaths: 'Places to hide, such as $.params.arguments.user.email',
  maxParams: 'Longest params of one record',
  holdTimeout: 'How long a request may be held until there is room for its record',
  flushTimeout: 'How long the end of the process waits for records to be delivered',
  sinks: 'Where records go',
  ...below('sinks[stdout]', SINK),
  ...below('sinks[file]', {
    ...SINK,
    path: 'Path of the file; {worker} stands for the number of the process',
    maxSize: 'Size at which the file is rotated',
    maxFiles: 'Rotated files that are kept',
    fsync: 'When records are forced to the disk',
    fsyncInterval: 'Longest time until then, with interval',
    chain: 'Link every record to the one before it; see "weir audit verify"',
  }),
  ...below('sinks[http]', { ...DELIVERY, url: 'Takes a POST with one JSON record in each line' }),
  ...below('sinks[otlp]', {
    ...DELIVERY,
    endpoint: 'Base URL of an OpenTelemetry collector; logs go to /v1/logs below it',
  }),
};

/** By path from the section on, as `membersOf` spells paths. */
export const POLICY_DESCRIPTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...below('auth', AUTH),
    ...below('authorize', AUTHORIZE),
    ...below('validate', VALIDATE),
    ...below('limits', LIMITS),
    ...below('breaker', BREAKER),
    ...below('audit', AUDIT),
  }),
);

/** The empty path is the parent itself. */
function below(parent: string, descriptions: Descriptions): Descriptions {
  return Object.fromEntries(
    Object.entries(descriptions).map(([path, text]) => [
      path === '' ? parent : `${parent}.${path}`,
      text,
    ]),
  );
}
