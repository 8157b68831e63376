/**
 * The examples in each verb's help, as typed in a shell. A test runs every line, with real ids for `req_...` and the
 * like.
 */
export const examples: { readonly [verb: string]: readonly [string, ...string[]] } = {
  login: ['login', 'login --device'],
  logout: ['logout'],
  whoami: ['whoami'],
  completion: ['completion bash >> ~/.bashrc', 'completion zsh >> ~/.zshrc'],
  actions: ['actions', 'actions --resource prod/express-checkout --json'],
  request: [
    'request examples/requests/staging-payment-timeout.json --wait=30m',
    "request ask.json --reason 'checkout is down since 02:51' --wait --json",
    'request ask.json --not-before 2h',
    'request ask.json --evidence last.log --wait',
    'request ask.json --revises req_... --wait',
  ],
  wait: ['wait req_... --for 2h'],
  answer: [
    "answer req_... 'the deploy of 02:40 doubled the load'",
    "answer req_... 'INC-4822 has the graph' --question qst_...",
  ],
  cancel: ['cancel req_...'],
  extend: ['extend req_... --minutes 10'],
  complete: ['complete req_...', "complete req_... --failed --note 'checkout is still down'"],
  exec: [
    `exec --request examples/requests/staging-payment-timeout.json -- \\
    aws ssm put-parameter --name /staging/checkout/payment-timeout-ms --value 2500 --overwrite`,
    'exec req_... -- ./repair.sh',
    'exec req_... -- kubectl scale deployment web --replicas=3',
  ],
  credentials: ['credentials req_... --setup >> ~/.aws/config', 'credentials req_...'],
  'kubernetes credential': [
    'kubernetes credential req_... --setup > kubeconfig.json',
    'kubernetes credential req_... --read',
  ],
  call: ['call req_...'],
  mcp: [
    'mcp --map ~/.config/hotwork/files-map.json -- npx @modelcontextprotocol/server-filesystem .',
    'mcp --purpose remediation --task INC-4822 -- npx @modelcontextprotocol/server-filesystem .',
    'mcp --listen 8900 --map ~/.config/hotwork/files-map.json -- npx @modelcontextprotocol/server-filesystem .',
  ],
  'mcp import': [
    `mcp import --name git --tool tool:git-gate --group release --resource repo_path --max-length 4096 \\
    -- uvx mcp-server-git`,
  ],
  hook: [
    'hook claude-code --map ~/.config/hotwork/tools.json',
    'hook codex --map ~/.config/hotwork/tools.json --wait 5m',
  ],
  sidecar: ['sidecar --map ~/.config/hotwork/tools.json --token-file ~/.hotwork-sidecar'],
  'mcp headers': ['mcp headers'],
  ls: ['ls --waiting', 'ls --search checkout --since 7d', 'ls --agent agent:remediator --since 7d --json'],
  show: ['show req_...', 'show req_... --picture req.svg'],
  approve: ["approve req_... --comment 'the ticket says the same'"],
  deny: [
    "deny req_... --reason 'the load test is over: ask again on Monday'",
    "deny req_... --reason 'a freeze' --to-agent 'Nothing in prod before Monday 09:00 UTC.'",
  ],
  revise: [
    "revise req_... --to-agent 'Half of it is enough.'",
    "revise req_... --to-agent 'Half of it is enough.' --suggest arguments.json",
  ],
  question: ["question req_... 'What did the load test of today show?'"],
  'ask-colleague': ['ask-colleague req_... person:ben'],
  permits: ['permits', 'permits --limit 5 --json'],
  'permits list': ['permits list'],
  'permits show': ['permits show stp_...'],
  'permits give': [
    'permits give req_... --uses 3 --for 2h',
    "permits give req_... --uses 3 --set 'flag=express-*' --yes",
  ],
  'permits revoke': ['permits revoke stp_...'],
  'stand-ins': ['stand-ins'],
  'stand-ins list': ['stand-ins list --json'],
  'stand-ins name': ['stand-ins name person:ben --until 7d', 'stand-ins name person:ben --from 1d --until 8d'],
  'stand-ins end': ['stand-ins end sin_...'],
  groups: ['groups', 'groups sre'],
  narrow: ['narrow req_... --set MemorySize=1024 --minutes 5', 'narrow req_... --set 2.MemorySize=1024 --strike 3'],
  revoke: ["revoke req_... --reason 'INC-4822: it writes parameters that no one asked for'"],
  registry: ['registry'],
  'registry list': ['registry list --json'],
  'registry show': ['registry show agent:deployer'],
  'registry register': ["registry register deployer.json --reason 'replaces the job of the release team'"],
  'registry change': [
    "registry change agent:deployer --set recertifyEvery=P90D --reason 'audit finding 12'",
    "registry change agent:deployer --set 'description=deploys checkout' --set notify=null --reason 'CHG-77: the audit'",
  ],
  'registry transfer': [
    "registry transfer agent:deployer --to person:ben --backup person:eve --reason 'Dan changes teams'",
  ],
  'registry retire': ["registry retire agent:deployer --reason 'the service is switched off'"],
  'registry accept': ['registry accept req_...'],
  halt: [
    "halt agent:remediator --reason 'INC-4822: it writes parameters that no one asked for'",
    "halt environment=prod --reason 'CHG-12: freeze' --until 2h",
  ],
  halts: ['halts --all'],
  lift: ['lift hlt_...'],
  'agents inventory': ['agents inventory --picture inventory.svg', 'agents inventory agent:nightly'],
  'agents unknown': ['agents unknown', 'agents unknown --roles'],
  'agents usage': [
    'agents usage agent:remediator --since 7d',
    'agents usage agent:remediator --policies policies --out policies-narrower',
  ],
  'agents guardrail': [
    'agents guardrail agent:nightly > guardrail.json',
    'agents guardrail agent:nightly --form boundary --check',
  ],
  'changes show': ['changes show req_...'],
  'changes guardrail': ['changes guardrail aws --except arn:aws:iam::111122223333:role/deployer > guardrail.json'],
  agents: ['agents', 'agents --owner person:mia', 'agents --json'],
  'agents show': ['agents show agent:remediator'],
  'agents recertify': [
    "agents recertify agent:remediator --evidence sha-256:... --reason 'repairs checkout each week; read its counts and its host'",
    "agents recertify agent:remediator --retire --evidence sha-256:... --reason 'no longer needed'",
  ],
  'policy observed': ['policy observed', 'policy observed --since P30D --policy tried-floor --json'],
  'policy pull': ['policy pull', 'policy pull policies --json'],
  'policy show': ['policy show sha-256:... --out bundle.json', 'policy show sha-256:... --json'],
  'ledger export': [
    'ledger export --since 30d --out record.ndjson',
    'ledger export --agent agent:remediator --since 7d --format csv --out remediator.csv',
    'ledger export --since 1h --format ocsf',
  ],
  'policy check': [
    'policy check policies',
    'policy check policies --write-schema',
    'policy check policies --deployment deployment.json --out bundle.json',
  ],
  'policy plan': [
    'policy plan examples/requests/prod-payment-timeout.json',
    'policy plan ask.json --policies policies --deployment deployment.json --recent 30',
  ],
  'policy explain': ['policy explain req_...', 'policy explain req_... --json'],
  'policy diff': [
    'policy diff policies-of-main policies',
    'policy diff policies-of-main policies --deployment deployment.json --json',
  ],
  'policy replay': [
    'policy replay policies --ledger ledger.ndjson --deployment deployment.json',
    'policy replay policies --since 30d --json',
    'policy replay --own --since 30d',
  ],
  'catalogue list': ['catalogue list', 'catalogue list bad release'],
  'catalogue show': ['catalogue show lambda:UpdateAlias'],
  'catalogue add': ['catalogue add ecs:StopTask sqs:PurgeQueue --account target'],
  'catalogue draft': [
    'catalogue draft ec2:StopInstances',
    'catalogue draft ec2:StopInstances --skeleton skeleton.json --policies policies',
  ],
  'catalogue check': ['catalogue check policies --deployment deployment.json'],
  'policy prove': ['policy prove policies --deployment deployment.json', 'policy prove policies --sample 2000'],
  'policy export': ['policy export kubernetes --target payments-cluster --deployment deployment.json --check'],
  receipt: ['receipt req_... > receipt.jwt'],
  verify: ['verify receipt.jwt --keys jwks.json', 'verify receipt.jwt --entries entries.ndjson --keys jwks.json'],
  'break-glass start': [
    `break-glass start --profile checkout-recovery --incident INC-2041 --minutes 30 \\
    --reason 'checkout refuses payments since the deploy, putting the timeout back'`,
  ],
  'break-glass drill': [
    `break-glass drill --profile checkout-recovery --incident INC-2041 --minutes 30 \\
    --reason 'drill of the quarter, trying the way in'`,
  ],
  'break-glass end': ['break-glass end'],
  'break-glass status': ['break-glass status', 'break-glass status bgl_... --json'],
  'break-glass credentials': ['break-glass credentials --setup >> ~/.aws/config', 'break-glass credentials'],
  'break-glass call': ['break-glass call bgl_...'],
  'break-glass claim': ['break-glass claim bgl_...'],
  'break-glass list': ['break-glass list'],
  'break-glass review': [
    "break-glass review bgl_... --outcome justified --note 'read each call: only the timeout was set'",
  ],
  'break-glass vouch': ['break-glass vouch --person person:jade --profile checkout-recovery'],
}

export const examplesOf = (verb: string): readonly string[] => examples[verb] ?? []
