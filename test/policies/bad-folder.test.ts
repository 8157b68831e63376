import { cedar as cedarLanguage } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { writeFile } from '../support/mcp-tool.ts'
import { Copy } from './sample.ts'

/** What is spoilt; the file, and the text that begins on the line that must be named; what message and fix must say. */
type Bad = [rule: string, spoil: (copy: Copy) => void, file: string, line: string, message: string, fix: string]

const ssm = 'policies/actions/ssm.put-parameter.json'
const flags = 'policies/actions/flags.set.json'
const files = 'policies/actions/files.write-file.json'
const ladder = 'policies/ladder.json'
const agents = 'policies/agents.json'
const people = 'policies/directory.json'
const breakGlassFile = 'policies/break-glass.json'
const _cases = 'policies/cases/limits.json'
const cedar = 'policies/limits.cedar'

const sealedFor = (copy: Copy, people: object) =>
  copy.editJson('deployment.json', (deployment) => (deployment.accounts.target.sealed = { people }))

const withTransmitter = (changes: object) => (copy: Copy) =>
  copy.editJson('deployment.json', (deployment) => {
    const { issuer, jwksUri } = deployment.issuers.people
    const usual = { algorithms: ['RS256'], subjectsOf: ['people'], events: ['account-disabled'] }
    deployment.transmitters = { okta: { issuer, jwksUri, audience: '{issuer}/v1/signals/okta', ...usual, ...changes } }
  })

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into JSON that it knows
type Any = any

/** A fault in one part of a file. */
const within = (
  file: string,
  partOf: (whole: Any) => Any,
  rows: readonly [rule: string, spoil: (part: Any) => void, line: string, message: string, fix: string][],
): Bad[] =>
  rows.map(([rule, spoil, ...says]) => [
    rule,
    (copy) => copy.editJson(file, (whole) => spoil(partOf(whole))),
    file,
    ...says,
  ])

const json: Bad[] = [
  [
    'a file that is not JSON',
    (copy) => copy.edit(ladder, (text) => text.replace('"tier": 2,', '"tier": 2')),
    ladder,
    '"name": "two pairs of eyes"',
    'comma expected',
    'RFC 8259',
  ],
  [
    'a comment',
    (copy) => copy.edit(ladder, (text) => `// ours\n${text}`),
    ladder,
    '// ours',
    'invalid comment token',
    'without comments',
  ],
  [
    'a member twice',
    (copy) =>
      copy.edit(agents, (text) =>
        text.replace('"owner": "person:dan",', '"owner": "person:dan", "owner": "person:eve",'),
      ),
    agents,
    '"owner": "person:eve"',
    '`owner` stands here twice',
    'keep one',
  ],
  [
    'a member that there is not',
    (copy) =>
      copy.edit(agents, (text) => text.replace('"autonomy": "autonomous",', '"autonomy": "autonomous", "root": true,')),
    agents,
    '"root"',
    'no member `root`',
    'remove it',
  ],
  [
    'a member that is missing',
    (copy) => copy.editJson(ladder, ({ tiers }) => delete tiers[1].stages[0].channel),
    ladder,
    '{\n          "name": "owner"',
    '`tiers.1.stages.0.channel` is missing',
    'add it',
  ],
  [
    'a duration that is none',
    (copy) =>
      copy.edit(ladder, (text) => text.replace('"PT1H",\n          "onSilence"', '"1 hour",\n          "onSilence"')),
    ladder,
    '1 hour',
    'ISO 8601 duration',
    'docs/policies.md',
  ],
  [
    'a quorum below 1',
    (copy) => copy.edit(ladder, (text) => text.replace('"quorum": 2', '"quorum": 0')),
    ladder,
    '"quorum": 0',
    'quorum',
    'docs/policies.md',
  ],
  [
    'a keyword of JSON Schema that would not hold',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.properties.Value.format = 'uri')),
    ssm,
    '"format"',
    'no member `format`',
    'remove it',
  ],
  [
    'a pattern that is not anchored',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.properties.Name.pattern = '/[a-z]+')),
    ssm,
    '"pattern"',
    'begins with ^ and ends with $',
    'docs/policies.md',
  ],
  [
    'arguments that let others in',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.additionalProperties = true)),
    ssm,
    '"additionalProperties"',
    'additionalProperties',
    'docs/policies.md',
  ],
  [
    'an IAM action with a wildcard',
    (copy) => copy.editJson(ssm, (action) => (action.statement.actions = ['ssm:Put*'])),
    ssm,
    'ssm:Put*',
    'one IAM action',
    'docs/policies.md',
  ],
  [
    'a file that is not there',
    (copy) => copy.remove('policies/tools.json'),
    'policies/tools.json',
    '',
    'no such file',
    'add it',
  ],
]

const names: Bad[] = [
  [
    'a group that is not there',
    (copy) => copy.editJson('policies/resources.json', ({ resources }) => (resources[1].group = 'payment-owner')),
    'policies/resources.json',
    '"payment-owner"',
    'group `payment-owner` is not in directory.json',
    '`payments-owners`',
  ],
  [
    'a group with a stranger in it',
    (copy) => copy.editJson(people, ({ groups }) => groups.sre.push('person:zoe')),
    people,
    '"person:zoe"',
    '`person:zoe` is not among the people',
    '`person:ana`',
  ],
  [
    'a lead who is a stranger',
    (copy) => copy.editJson(people, ({ people: [ana] }) => (ana.lead = 'person:zoe')),
    people,
    '"lead": "person:zoe"',
    '`person:zoe` is not among the people',
    '`person:ana`',
  ],
  [
    'a person who is their own lead',
    (copy) => copy.editJson(people, ({ people: [ana] }) => (ana.lead = 'person:ana')),
    people,
    '"lead": "person:ana"',
    '`person:ana` is their own lead',
    'leave it out',
  ],
  [
    'a group with no members',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = [])),
    people,
    '"qa"',
    'has no members',
    'add a person',
  ],
  [
    'a source that is two',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = { source: { claim: 'qa', slackUserGroup: 'S0QA' } })),
    people,
    '"source": {\n        "claim"',
    'should have one of `slackUserGroup`, `pagerDuty`, `claim`',
    'change it',
  ],
  [
    'a source that Hotwork does not know',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = { source: { opsgenie: 'qa' } })),
    people,
    '"opsgenie"',
    '`groups.qa.source` has no member `opsgenie`',
    'remove it',
  ],
  [
    'a group with neither people nor a source',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = { tiers: 1 })),
    people,
    '"qa"',
    '`groups.qa.source` is missing',
    'add it',
  ],
  [
    'an id that is no user group of Slack',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = { source: { slackUserGroup: '@qa' } })),
    people,
    '"slackUserGroup"',
    '`groups.qa.source.slackUserGroup`',
    'change it',
  ],
  [
    'a schedule by its name',
    (copy) =>
      copy.editJson(people, ({ groups }) => (groups.qa = { source: { pagerDuty: { schedule: 'QA on call' } } })),
    people,
    '"schedule": "QA on call"',
    '`groups.qa.source.pagerDuty.schedule`',
    'change it',
  ],
  [
    'a source that counts for a tier that there is not',
    (copy) => copy.editJson(people, ({ groups }) => (groups['on-call-now'].tiers = 9)),
    people,
    '"tiers": 9',
    'there is no tier 9',
    'the highest tier of ladder.json is 3',
  ],
  [
    'a Slack group that lets people use break-glass',
    (copy) =>
      copy.editJson(people, ({ groups }) => (groups.qa = { source: { slackUserGroup: 'S0QA' }, breakGlass: true })),
    people,
    '"breakGlass"',
    'only a schedule of PagerDuty',
    'remove it',
  ],
  [
    'a schedule, and no person who is known in PagerDuty',
    (copy) => copy.edit(people, (text) => text.replaceAll(/\s*"pagerDuty": "\w+",/g, '')),
    people,
    '"pagerDuty": { "schedule"',
    'no person has a `pagerDuty`',
    'give people their user id',
  ],
  [
    'one PagerDuty user who is two people',
    (copy) => copy.edit(people, (text) => text.replace('"PKOFI01"', '"PJADE01" ')),
    people,
    '"pagerDuty": "PJADE01" ',
    '`PJADE01` is here twice',
    'keep one of them',
  ],
  [
    'a member of a group with a source who is not a person',
    (copy) => copy.editJson(people, ({ groups }) => (groups['on-call-now'].people = ['person:zoe'])),
    people,
    '"person:zoe"',
    '`person:zoe` is not among the people',
    'person:ana',
  ],
  [
    'a member of a group that is no person id',
    (copy) => copy.editJson(people, ({ groups }) => (groups.qa = ['zoe'])),
    people,
    '"zoe"',
    '`groups.qa.0`',
    'change it',
  ],
  [
    'one Slack user who is two people',
    (copy) => copy.edit(people, (text) => text.replace('"slack": "U0BEN"', '"slack":  "U0ANA"')),
    people,
    '"slack":  "U0ANA"',
    '`U0ANA` is here twice',
    'keep one',
  ],
  [
    'an owner who is not there',
    (copy) => copy.editJson(agents, (file) => (file.agents[0].owner = 'person:zoe')),
    agents,
    '"person:zoe"',
    'owner `person:zoe`',
    '`person:ana`',
  ],
  [
    'a backup owner who is not there',
    (copy) => copy.editJson(agents, (file) => (file.agents[0].backupOwner = 'person:zoe')),
    agents,
    '"person:zoe"',
    'backup owner `person:zoe`',
    '`person:ana`',
  ],
  [
    'an agent that runs on a word',
    (copy) => copy.editJson(agents, (file) => (file.agents[0].runsOn = 'ci-runner')),
    agents,
    '"ci-runner"',
    '"githubEnvironment": "org/repo#production"',
    'change it',
  ],
  [
    'one identity that is two agents',
    (copy) => copy.edit(agents, (text) => text.replace('"agent-planner"', '"agent-builder" ')),
    agents,
    '"agent-builder" ',
    'is `agent:builder` already',
    'its own identity',
  ],
  [
    'an agent who is a person too',
    (copy) =>
      copy.editJson(agents, (file) => (file.agents[0].identities = [{ issuer: 'people', subject: 'person-ana' }])),
    agents,
    '"person-ana"',
    'is `person:ana` already',
    'its own identity',
  ],
  [
    'an issuer that is not deployed',
    (copy) => copy.editJson(agents, (file) => (file.agents[1].identities[0].issuer = 'github')),
    agents,
    '"github"',
    'issuer `github` is not in the deployment',
    '`workloads`',
  ],
  [
    'an escalation to a channel that is not deployed',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[1].stages[0].onSilence.channel = 'night-watch')),
    ladder,
    '"channel": "night-watch"',
    'channel `night-watch` is not in the deployment',
    'there are: `hotwork-approvals`',
  ],
  [
    'a group to tell that there is not',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[1].stages[0].notify = { direct: ['managers'] })),
    ladder,
    '"managers"',
    '`managers` is not in directory.json',
    'there are: ',
  ],
  [
    'a quiet person who is not there',
    (copy) =>
      copy.editJson(ladder, ({ tiers }) => (tiers[1].stages[0].notify = { direct: [], quiet: ['person:nobody'] })),
    ladder,
    '"person:nobody"',
    '`person:nobody` is not in directory.json',
    'there are: ',
  ],
  [
    'a channel that is not deployed',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[3].stages[1].channel = 'security')),
    ladder,
    '"channel": "security"',
    'channel `security` is not in the deployment',
    '`hotwork-approvals`',
  ],
  [
    'a tool that is not deployed',
    (copy) => copy.editJson('deployment.json', (deployment) => (deployment.tools = {})),
    'policies/tools.json',
    '"tool:flag-service"',
    'no address in the deployment',
    'there are none',
  ],
  [
    'a sealed role for a person who is not there',
    (copy) => sealedFor(copy, { 'person:nobody': 'arn:aws:iam::000000000000:user/nobody' }),
    'deployment.json',
    '"person:nobody"',
    '`person:nobody` is not in directory.json',
    'person:ana',
  ],
  [
    'a sealed role for a user of another account',
    (copy) => sealedFor(copy, { 'person:gus': 'arn:aws:iam::111111111111:user/gus' }),
    'deployment.json',
    '"person:gus"',
    'is not a user of the account 000000000000',
    'an IAM user of the account itself',
  ],
  [
    'a sealed role for two people who are one user',
    (copy) =>
      sealedFor(copy, {
        'person:eve': 'arn:aws:iam::000000000000:user/ops',
        'person:gus': 'arn:aws:iam::000000000000:user/ops',
      }),
    'deployment.json',
    '"person:gus"',
    'is `person:eve` too',
    'a user of their own',
  ],
  [
    'a sealed role for whoever has a role',
    (copy) => sealedFor(copy, { 'person:gus': 'arn:aws:iam::000000000000:role/Administrator' }),
    'deployment.json',
    '"person:gus"',
    'person:gus',
    '',
  ],
  [
    'a tier that wants a live parent task, where no one keeps incidents',
    (copy) => copy.editJson('deployment.json', (deployment) => delete deployment.incidents),
    'policies/ladder.json',
    '"parentTask": "live"',
    'tier 3 wants a parent task that is live',
    'add `incidents` to the deployment file',
  ],
  [
    'what is shown of an incident in no JMESPath',
    (copy) =>
      copy.editJson(
        'deployment.json',
        (deployment) =>
          (deployment.incidents = { url: 'https://incidents.example.org/{incident}', show: { title: 'title[' } }),
      ),
    'deployment.json',
    '"title": "title["',
    'is not JMESPath',
    'jmespath.org',
  ],
  [
    'a place to ask for incidents that is not told which',
    (copy) =>
      copy.editJson(
        'deployment.json',
        (deployment) => (deployment.incidents = { url: 'https://incidents.example.org' }),
      ),
    'deployment.json',
    '"url": "https://incidents.example.org"',
    '{incident}',
    '',
  ],
  [
    'a place to ask for incidents for which anybody on the way could answer',
    (copy) =>
      copy.editJson(
        'deployment.json',
        (deployment) => (deployment.incidents = { url: 'http://incidents.example.org/{incident}' }),
      ),
    'deployment.json',
    '"url": "http://incidents.example.org/{incident}"',
    'use https',
    '',
  ],
  [
    'a transmitter that speaks of subjects of no issuer',
    withTransmitter({ subjectsOf: ['elsewhere'] }),
    'deployment.json',
    '"elsewhere"',
    '`elsewhere` is not among the issuers',
    'there are: `workloads`, `people`',
  ],
  [
    'a transmitter whose audience an issuer has',
    withTransmitter({ audience: '{issuer}' }),
    'deployment.json',
    '"audience": "{issuer}",\n      "algorithms": [\n        "RS256"',
    '`{issuer}` is the audience of issuer `workloads` too',
    'give it an audience of its own, such as `{issuer}/v1/signals/okta`',
  ],
  [
    'a transmitter that may say what Hotwork does not take',
    withTransmitter({ events: ['account-enabled'] }),
    'deployment.json',
    '"account-enabled"',
    'account-disabled',
    '',
  ],
  [
    'a login at no issuer of the deployment',
    (copy) => copy.editJson('deployment.json', (deployment) => (deployment.login.issuer = 'elsewhere')),
    'deployment.json',
    '"elsewhere"',
    '`elsewhere` is not among the issuers',
    'there are: `workloads`, `people`',
  ],
  [
    'a login that knows no person of the directory',
    (copy) => copy.editJson('deployment.json', (deployment) => (deployment.login.issuer = 'workloads')),
    'deployment.json',
    '"workloads",',
    'no person in directory.json has an identity of `workloads`',
    'name the issuer of people',
  ],
  [
    'an audience of people that is the client of the pages',
    (copy) =>
      copy.editJson(
        'deployment.json',
        (deployment) => (deployment.issuers.people.audience = deployment.login.clientId),
      ),
    'deployment.json',
    '"hotwork-browser"\n',
    '`hotwork-browser` is the audience of issuer `people` too',
    'give `people` an audience of its own',
  ],
  [
    'an audience of people that is the client of the command line, once the issuer is known',
    (copy) =>
      copy.editJson('deployment.json', (deployment) => {
        deployment.login.commandLine = { clientId: 'https://permits.example.org/people' }
      }),
    'deployment.json',
    '"https://permits.example.org/people"',
    '`https://permits.example.org/people` is the audience of issuer `people` too',
    'such as `{issuer}/people`',
  ],
  [
    'a client of the pages that is written like the audience of people',
    (copy) => copy.editJson('deployment.json', (deployment) => (deployment.login.clientId = '{issuer}/people')),
    'deployment.json',
    '"{issuer}/people"\n',
    'is the audience of issuer `people` too',
    'give `people` an audience of its own',
  ],
  [
    'an account that is not deployed',
    (copy) => copy.editJson(ssm, (action) => (action.account = 'elsewhere')),
    ssm,
    '"elsewhere"',
    'account `elsewhere` is not in the deployment',
    'target',
  ],
  [
    'a tool that is not registered',
    (copy) => copy.editJson(flags, (action) => (action.tool = 'tool:flags')),
    flags,
    '"tool:flags"',
    'not in tools.json',
    'tool:flag-service',
  ],
  [
    'a cap that is never reached',
    (copy) => copy.editJson(ladder, (json) => (json.limits.openPerAgent = 500)),
    ladder,
    '"openPerAgent"',
    'never reached',
    'openPerOwner',
  ],
  [
    'a burst that never begins',
    (copy) => copy.editJson(ladder, (json) => (json.limits.burst = 100)),
    ladder,
    '"burst"',
    'there is never one',
    'less than `openPerAgent`',
  ],
  [
    'a rate that would refuse one full message of evaluations for ever',
    (copy) => copy.editJson(ladder, (json) => (json.limits.evaluations = { perMinute: 60, burst: 49 })),
    ladder,
    '"burst": 49',
    '>=50',
    'docs/policies.md',
  ],
  [
    'tiers that do not rise',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[3].tier = 2)),
    ladder,
    '"tier": 2,\n      "name": "security"',
    'does not rise above tier 2',
    'lowest up',
  ],
  [
    'a tier without stages above 0',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[1].stages = [])),
    ladder,
    '"stages": [],\n      "grant": {\n        "claimWithin": "PT1H"',
    'satisfied as soon as tier 0',
    'give it a stage',
  ],
  [
    'a stage that asks for a weaker login elsewhere',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[3].stages[0].acr = 'strong')),
    ladder,
    '{\n          "name": "owner",\n          "channel": "hotwork-approvals",\n          "quorum": 1,\n          "deadline": "PT30M",\n          "onSilence": "expire"',
    'stage `owner` asks for another login in another tier',
    'another name',
  ],
]

const catalogue: Bad[] = [
  [
    'an ARN with a place that no argument fills',
    (copy) =>
      copy.editJson(
        ssm,
        (action) => (action.resource.id = 'arn:{partition}:ssm:{region}:{account}:parameter{arguments.Path}'),
      ),
    ssm,
    '{arguments.Path}',
    '`{arguments.Path}` is not one of the arguments',
    '`Name`, `Value`, `Overwrite`',
  ],
  [
    'an ARN with an argument that may be absent',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.required = ['Value'])),
    ssm,
    '{arguments.Name} to',
    'may be absent',
    'arguments.required',
  ],
  [
    'an ARN with an argument that may hold a wildcard',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.properties.Name.pattern = '^/[A-Za-z0-9_./*-]+$')),
    ssm,
    '"Name": {',
    'its pattern lets "*" through',
    'narrow the pattern',
  ],
  [
    'an ARN with an argument that may climb',
    (copy) => copy.editJson(ssm, (action) => (action.arguments.properties.Name.pattern = '^/[A-Za-z0-9_./-]+$')),
    ssm,
    '"Name": {',
    'its pattern lets ".." through',
    'narrow the pattern',
  ],
  [
    'an ARN with an argument of any text',
    (copy) => copy.editJson(ssm, (action) => delete action.arguments.properties.Name.pattern),
    ssm,
    '"Name": {',
    'nothing keeps wildcards out of it',
    '`pattern`',
  ],
  [
    'an ARN with an argument that is no text',
    (copy) =>
      copy.editJson(ssm, (action) => (action.arguments.properties.Name = { type: 'integer', minimum: 0, maximum: 9 })),
    ssm,
    '"Name": {',
    'only text can stand in a resource',
    '`string`',
  ],
  [
    'a statement for more than what is named',
    (copy) =>
      copy.editJson(
        ssm,
        (action) => (action.statement.resources = ['arn:{partition}:ssm:{region}:{account}:parameter/*']),
      ),
    ssm,
    'parameter/*"',
    'has a wildcard',
    'name exactly',
  ],
  [
    'a statement on no ARN',
    (copy) => copy.editJson(ssm, (action) => (action.statement.resources = ['parameter{arguments.Name}'])),
    ssm,
    '"parameter{arguments.Name}"',
    'is not an ARN',
    'arn:{partition}',
  ],
  [
    'a statement for another action',
    (copy) => copy.editJson(ssm, (action) => (action.statement.actions = ['ssm:GetParameter'])),
    ssm,
    '"actions"',
    'does not allow `ssm:PutParameter`',
    'as IAM does',
  ],
  ...within(ssm, (action) => action.statement, [
    [
      'a condition on an argument that may be absent, with no word for its absence',
      (statement) => delete statement.whenAbsent,
      '"ssm:Overwrite": "{arguments.Overwrite}"',
      '`{arguments.Overwrite}` may be absent',
      'whenAbsent.Overwrite',
    ],
    [
      'a word for the absence of what is never absent',
      (statement) => (statement.whenAbsent.Name = { StringEquals: { 'ssm:Overwrite': 'false' } }),
      '"Name": {\n        "StringEquals"',
      '`Name` is never absent',
      'not required',
    ],
    [
      'a word for the absence of one argument that replaces what holds the call to another',
      (statement) => {
        statement.conditions = { StringEquals: { 'ssm:Policies': '{arguments.Name}' } }
        statement.whenAbsent.Overwrite = { StringEquals: { 'ssm:Policies': 'none' } }
      },
      '"ssm:Policies": "none"',
      'without `Overwrite`, `ssm:Policies` under `StringEquals` would replace',
      'under another operator',
    ],
    [
      'a word for the absence of an argument that replaces what holds every call',
      (statement) => {
        statement.conditions = { StringEquals: { 'ssm:Policies': 'none' } }
        statement.whenAbsent.Overwrite = { StringEquals: { 'ssm:Policies': 'some' } }
      },
      '"ssm:Policies": "some"',
      'would replace what holds the call',
      'take it out',
    ],
    [
      'a word for the absence of an argument that replaces what holds every call, beside a comparison of its own',
      (statement) => {
        statement.conditions = {
          StringEquals: { 'ssm:Policies': 'none' },
          StringNotEquals: { 'ssm:Policies': '{arguments.Overwrite}' },
        }
        statement.whenAbsent.Overwrite = { StringEquals: { 'ssm:Policies': 'some' } }
      },
      '"ssm:Policies": "some"',
      'would replace what holds the call',
      'take it out',
    ],
    [
      'a word for the absence of one argument that replaces the one for another',
      (statement) => {
        statement.whenAbsent.Value = { StringEquals: { 'ssm:Policies': 'none' } }
        statement.whenAbsent.Overwrite = { StringEquals: { 'ssm:Policies': 'some' } }
      },
      '"ssm:Policies": "none"',
      'without `Value`, `ssm:Policies` under `StringEquals` would replace',
      'take it out',
    ],
    [
      'a condition on what is no argument',
      (statement) => (statement.conditions = { StringEquals: { 'ssm:Overwrite': '{arguments.Force}' } }),
      '"ssm:Overwrite": "{arguments.Force}"',
      '`{arguments.Force}` is not one of the arguments',
      'there are:',
    ],
    [
      'a list in the middle of a value',
      (statement) => (statement.conditions = { StringEquals: { 'ssm:Policies': 'x{arguments.Name.names}' } }),
      '"ssm:Policies": "x{',
      'is a list, and',
      'stand alone',
    ],
    [
      'a condition with a wildcard',
      (statement) => (statement.conditions = { StringLike: { 'ssm:Overwrite': 't*' } }),
      '"ssm:Overwrite": "t*"',
      '`t*` has a wildcard',
      'exactly what is compared',
    ],
    [
      'a pattern with an argument that could be one',
      (statement) => (statement.conditions = { StringLike: { 'ssm:Policies': '{arguments.Value}' } }),
      '"ssm:Policies": "{arguments.Value}"',
      'nothing keeps wildcards out of it',
      'give it a `pattern`',
    ],
  ]),
  ...within(ssm, (action) => action.preview, [
    [
      'a preview whose JMESPath does not parse',
      (preview) => (preview.show.Value = 'Parameter.['),
      '"Value": "Parameter.["',
      'is not JMESPath',
      'jmespath.org',
    ],
    [
      'a guard that calls a function that JMESPath has not',
      (preview) => (preview.guard = ['newest(Parameter)']),
      '"newest(Parameter)"',
      'is not JMESPath',
      'jmespath.org',
    ],
    [
      'a preview of an argument that there is not',
      (preview) => (preview.show.Size = 'Parameter.Size'),
      '"Size"',
      '`Size` is not one of the arguments',
      '`Name`, `Value`, `Overwrite`',
    ],
    [
      'a preview that shows nothing',
      (preview) => (preview.show = {}),
      '"show"',
      'show one argument at least',
      'docs/policies.md',
    ],
    [
      'a preview by an action that changes something',
      (preview) => (preview.action = 'ssm:PutParameter'),
      '"action": "ssm:PutParameter",\n    "arguments"',
      '`ssm:PutParameter` is not a read that Hotwork can make',
      '`ssm:GetParameter`',
    ],
    [
      'a preview that guards nothing',
      (preview) => (preview.guard = []),
      '"guard"',
      '`preview.guard`',
      'docs/policies.md',
    ],
    [
      'a read with a place that no argument fills',
      (preview) => (preview.arguments.Name = '{arguments.Path}'),
      '"Name": "{arguments.Path}"',
      '`{arguments.Path}` is not one of the arguments',
      '`Name`',
    ],
    [
      'a read with a place that is no argument',
      (preview) => (preview.arguments.Name = 'arn:{partition}'),
      '"Name": "arn:{partition}"',
      'nothing fills `{partition}`',
      '{arguments.Name}',
    ],
    [
      'a read with an argument that may be absent',
      (preview) => (preview.arguments.Overwrite = '{arguments.Overwrite}'),
      '"Overwrite": "{arguments.Overwrite}"',
      '`{arguments.Overwrite}` may be absent',
      'arguments.required',
    ],
    [
      'a bound on what is not shown',
      (preview) => (preview.atMost = { Overwrite: 'part' }),
      '"Overwrite": "part"',
      '`Overwrite` is not shown',
      '`Value`',
    ],
  ]),
  [
    'a read of a thing that a narrowing would change',
    (copy) =>
      copy.editJson('policies/actions/lambda.put-function-concurrency.json', (action) => {
        action.preview.arguments.FunctionName = 'v{arguments.ReservedConcurrentExecutions}'
      }),
    'policies/actions/lambda.put-function-concurrency.json',
    '"FunctionName": "v{arguments.ReservedConcurrentExecutions}"',
    '`{arguments.ReservedConcurrentExecutions}` says what is read, and may be narrowed',
    'out of `narrowable`',
  ],
  [
    'a classification that no resource has',
    (copy) => copy.editJson('policies/resources.json', (resources) => (resources.show.secret = 'part')),
    'policies/resources.json',
    '"secret"',
    'no resource has the classification `secret`',
    '`internal`',
  ],
  [
    'a look-up for credentials that the agent uses itself',
    (copy) => copy.editJson(ssm, (action) => (action.resolve = { action: 'ssm:GetParameter' })),
    ssm,
    '"resolve"',
    'only a call that Hotwork makes itself is looked up',
    '`mediated`',
  ],
  [
    'AWS without a statement',
    (copy) => copy.editJson(ssm, (action) => delete action.statement),
    ssm,
    '',
    'needs a `statement`',
    'add the IAM',
  ],
  [
    'an access token for AWS',
    (copy) => copy.editJson(flags, (action) => (action.tool = 'aws')),
    flags,
    '"tool"',
    'AWS takes no access token',
    '`sts`',
  ],
  [
    'a title with a place that no argument fills',
    (copy) => copy.editJson(flags, (action) => (action.title = 'Set {flag}')),
    flags,
    '"Set {flag}"',
    'nothing fills `{flag}`',
    '{arguments.Name}',
  ],
  [
    'an argument to narrow that there is not',
    (copy) => copy.editJson(ssm, (action) => (action.narrowable = ['Size'])),
    ssm,
    '"narrowable"',
    '`Size` is not one of the arguments',
    '`Name`',
  ],
  [
    'words for what the credential does pin',
    (copy) => copy.editJson(ssm, (action) => (action.leavesOpen.Name = 'any name')),
    ssm,
    '"any name"',
    'the credential pins it',
    'remove it',
  ],
  [
    'one action in two files',
    (copy) => copy.editJson('policies/actions/ecs.update-service.json', (action) => (action.name = 'flags:set')),
    flags,
    '"name"',
    'is in ',
    'keep one',
  ],
  [
    'an MCP tool without its gate',
    (copy) => copy.editJson(ssm, (action) => (action.mcp = writeFile)),
    ssm,
    '"mcp"',
    'called through its gate',
    '`token`',
  ],
  [
    'one MCP tool as two actions',
    (copy) =>
      copy.editJson(flags, (action) => {
        action.mcp = { ...writeFile, server: { ...writeFile.server, version: '0.3.0' } }
      }),
    flags,
    '"write_file"',
    '`write_file` of `secure-filesystem-server` is `files:WriteFile` already',
    'one action for each tool',
  ],
  [
    'an MCP tool without the digest of its schema',
    (copy) => copy.editJson(files, (action) => delete action.mcp.schema),
    files,
    '"mcp"',
    '`mcp.schema` is missing',
    '',
  ],
  [
    'an MCP server whose name hides a character',
    (copy) => copy.editJson(files, (action) => (action.mcp.server.name = 'files\u202e')),
    files,
    '"name": "files\u202e',
    'has a character that does not show',
    '',
  ],
]

const policies: Bad[] = [
  [
    'a policy that is not Cedar',
    (copy) =>
      copy.edit(cedar, (text) =>
        text.replace('when { context.delegationDepth > 3 };', 'when context.delegationDepth > 3;'),
      ),
    cedar,
    'when context.delegationDepth > 3;',
    'unexpected token',
    'expected',
  ],
  [
    'an attribute that there is not, below a line with other letters',
    (copy) =>
      copy.edit(
        cedar,
        (text) => `// größer als „drei“\n${text.replace('context.delegationDepth > 3', 'context.depth > 3')}`,
      ),
    cedar,
    'context.depth > 3',
    'attribute `depth` in context',
    '',
  ],
  [
    'an attribute that only some actions have',
    (copy) => copy.edit(cedar, (text) => text.replace('context.delegationDepth > 3', 'context.arguments.Name == "x"')),
    cedar,
    'context.arguments.Name == "x"',
    'attribute `arguments.Name`',
    '',
  ],
  [
    'an optional argument read unasked',
    (copy) => copy.edit(cedar, (text) => text.replace('context.arguments has desiredCount &&\n', '')),
    cedar,
    'context.arguments.desiredCount == 0',
    'desiredCount',
    'has',
  ],
  [
    'an `@id` twice',
    (copy) =>
      copy.edit('policies/people.cedar', (text) => text.replace('@id("anyone-reads")', '@id("no-self-approval")')),
    'policies/people.cedar',
    '@id("no-self-approval")\npermit',
    '@id("no-self-approval") is taken',
    'another @id',
  ],
  [
    'an `@id` twice in two files',
    (copy) => copy.edit('policies/people.cedar', (text) => text.replace('@id("anyone-reads")', '@id("prod-flags")')),
    'policies/people.cedar',
    '@id("prod-flags")',
    'policies/agents.cedar:',
    'another @id',
  ],
  [
    'a policy without `@id`',
    (copy) => copy.edit('policies/people.cedar', (text) => text.replace('@id("anyone-reads")\n', '')),
    'policies/people.cedar',
    'permit (principal, action == Hotwork::Action::"read", resource);',
    'needs a name',
    '@id("...")',
  ],
  [
    'an action in a condition, where no slice can see it',
    (copy) =>
      copy.edit(cedar, (text) => text.replace('context.delegationDepth > 3', 'action in Hotwork::Action::"release"')),
    cedar,
    '@id("delegation-has-an-end")',
    'asks for the action in a condition',
    'in the head',
  ],
  [
    'an action that is not in the catalogue',
    (copy) => copy.edit(cedar, (text) => text.replace('"ecs:UpdateService"', '"ecs:StopService"')),
    cedar,
    '"ecs:StopService"',
    'ecs:StopService',
    '',
  ],
  [
    'a schema by which an agent approves',
    (copy) =>
      copy.edit('policies/hotwork.cedarschema', (text) =>
        text.replace('principal: [Person],', 'principal: [Person, Agent],'),
      ),
    'policies/hotwork.cedarschema',
    'action approve appliesTo',
    'for people alone',
    '[Person]',
  ],
  [
    'a schema whose generated part is old',
    (copy) =>
      copy.editJson(
        ssm,
        (action) => (action.arguments.properties.Overwrite = { type: 'integer', minimum: 0, maximum: 1 }),
      ),
    'policies/hotwork.cedarschema',
    'Overwrite?: Bool',
    'not current',
    '--write-schema',
  ],
]

/** Another tool of the deployment. */
const tool = (rule: string, audience: string, address: string, line: string, message: string, fix: string): Bad => [
  rule,
  (copy) => copy.editJson('deployment.json', ({ tools }) => (tools['other-tool'] = { audience, addresses: [address] })),
  'deployment.json',
  line,
  message,
  fix,
]
const ours = 'https://other.example.org'

/** Another tool, which has itself told at this address. */
const told = (rule: string, address: string, line = `"${address}"\n      ]\n    }`): Bad => [
  rule,
  (copy) =>
    copy.editJson('deployment.json', ({ tools }) => {
      tools['flag-service'].signals = ['https://events.example.org/flags']
      tools['other-tool'] = { audience: ours, addresses: [ours], signals: [address] }
    }),
  'deployment.json',
  line,
  `\`${address}\` is an address of tool \`flag-service\` too`,
  'told at an address of its own',
]
const tools: Bad[] = [
  tool(
    'two of one audience',
    'https://flags.example.org',
    ours,
    '"audience": "https://flags.example.org",\n      "addresses": [\n        "https://other',
    'tool `flag-service` has the audience `https://flags.example.org` too',
    'its own',
  ),
  ...['https://flags.example.org/flags/more', 'HTTPS://FLAGS.example.org:443/flags/', 'https://flags.example.org'].map(
    (address) =>
      tool(
        `two of one address (${address})`,
        ours,
        address,
        `"${address}"\n      ]`,
        `\`${address}\` is an address of tool \`flag-service\` too`,
        'addresses of its own',
      ),
  ),
  told('told of another tool’s tokens below its address', 'https://flags.example.org/flags/events'),
  told('told of another tool’s tokens above its address', 'https://flags.example.org'),
  told('told where another tool is', 'https://events.example.org/flags/more'),
  ...['{issuer}/aws', 'https://permits.example.org/aws', '{issuer}'].map((audience) =>
    tool(
      `an audience of Hotwork itself (${audience})`,
      audience,
      ours,
      `"audience": "${audience}",\n      "addresses"`,
      `\`${audience}\` may be Hotwork's own audience`,
      'an audience of its own',
    ),
  ),
]

/** A policy that judges a value which AWS credentials do not hold the agent to: asked for 5, it may call with 0. */
const unheld = (rule: string, condition: string, name: string, action: string): Bad => [
  rule,
  (copy) =>
    copy.edit(
      cedar,
      (text) =>
        `${text}\n@id("judges-a-value")\nforbid (principal, action == Hotwork::Action::"${action}", resource)\n${condition};\n`,
    ),
  cedar,
  '@id("judges-a-value")',
  `\`judges-a-value\` reads \`${name}\`, which AWS credentials for \`${action}\` do not hold the agent to`,
  `context.unpinned.contains("${name}")`,
]
const values: Bad[] = [
  unheld(
    'a number of executions',
    'when { context.arguments.ReservedConcurrentExecutions == 0 && context.approval.tier < 3 }',
    'ReservedConcurrentExecutions',
    'lambda:PutFunctionConcurrency',
  ),
  unheld(
    'a number of tasks, in an `unless`',
    'unless { context.arguments has desiredCount && context.arguments.desiredCount > 0 }',
    'desiredCount',
    'ecs:UpdateService',
  ),
  unheld(
    'whether there is a number of tasks',
    'when { context.arguments has desiredCount }',
    'desiredCount',
    'ecs:UpdateService',
  ),
  unheld(
    'a value, deep inside an expression',
    'when { context.approval.tier < 3 && (if ["a"].contains(context["arguments"]["Value"]) then true else false) }',
    'Value',
    'ssm:PutParameter',
  ),
  [
    'a permit of a value',
    (copy) =>
      copy.edit(
        'policies/agents.cedar',
        (text) =>
          `${text}\n@id("small-is-quick")\npermit (principal is Hotwork::Agent, action == Hotwork::Action::"lambda:PutFunctionConcurrency", resource)\nwhen { context.arguments.ReservedConcurrentExecutions > 100 && context.approval.tier >= 1 };\n`,
      ),
    'policies/agents.cedar',
    '@id("small-is-quick")',
    '`small-is-quick` reads `ReservedConcurrentExecutions`',
    '`&& !` to a permit',
  ],
  [
    'an argument that a condition pins, where what judges does not know its key',
    (copy) => {
      copy.editJson('deployment.json', ({ accounts }) => (accounts.target.unjudgedConditions = ['ecs:task-definition']))
      copy.edit(
        cedar,
        (text) =>
          `${text}\n@id("one-revision")\nforbid (principal, action == Hotwork::Action::"ecs:UpdateService", resource)\nwhen { context.arguments has taskDefinition && context.arguments.taskDefinition == "checkout:1" };\n`,
      )
    },
    cedar,
    '@id("one-revision")',
    '`one-revision` reads `taskDefinition`',
    'or make the action `mediated`',
  ],
]

/** What opens with break-glass. */
const breakGlassFolders: Bad[] = [
  [
    'an example of an incident that its pattern refuses',
    (copy) => copy.editJson(breakGlassFile, (file) => (file.incidentExample = 'INC 2041')),
    breakGlassFile,
    '"incidentExample"',
    '`INC 2041` does not match `^INC-[0-9]{1,12}$`',
    '`incident` takes',
  ],
  [
    'a pattern of incidents that is not a regular expression',
    (copy) => copy.editJson(breakGlassFile, (file) => (file.incident = '^INC-[0-9$')),
    breakGlassFile,
    '"incident"',
    'not a regular expression',
    '^INC-',
  ],
  [
    'a pattern of incidents that is not anchored',
    (copy) => copy.editJson(breakGlassFile, (file) => (file.incident = 'INC-[0-9]{1,12}')),
    breakGlassFile,
    '"incident"',
    'not anchored',
    'end it with `$`',
  ],
  [
    'a pattern of incidents of which each half is anchored at one end alone',
    (copy) => copy.editJson(breakGlassFile, (file) => (file.incident = '^INC-[0-9]{1,12}|OPS-[0-9]{1,12}$')),
    breakGlassFile,
    '"incident"',
    'not anchored',
    'between brackets',
  ],
  [
    'a profile that reaches what Hotwork is made of',
    (copy) =>
      copy.editJson(
        breakGlassFile,
        (file) =>
          (file.profiles[0].rights[0].resources = ['arn:{partition}:ssm:{region}:{account}:parameter/hotwork/*']),
      ),
    breakGlassFile,
    'parameter/hotwork/*',
    'reaches what Hotwork itself is made of',
    'take it out',
  ],
  [
    'a profile over a restricted resource, of which it says that it is not',
    (copy) => {
      copy.editJson('policies/resources.json', ({ resources }) =>
        resources.unshift({
          type: 'lambda:function',
          id: '*:function:checkout-*-cards',
          environment: 'prod',
          classification: 'restricted',
          group: 'payments-owners',
        }),
      )
    },
    breakGlassFile,
    'arn:{partition}:lambda:{region}:{account}:function:checkout-*',
    'it opens `arn:aws:lambda:us-east-1:000000000000:function:checkout--cards` as `prod`, `internal`, of `payments-owners`',
    'say of them what resources.json says',
  ],
  [
    'a profile over a restricted resource whose name has a colon behind the wildcard',
    (copy) => {
      copy.editJson('policies/actions/lambda.put-function-concurrency.json', (action) => {
        action.arguments.properties.Alias = action.arguments.properties.FunctionName
        action.arguments.required.push('Alias')
        action.statement.resources[0] += ':{arguments.Alias}'
        action.resource.id += ':{arguments.Alias}'
      })
      copy.editJson('policies/resources.json', ({ resources }) =>
        resources.unshift({
          type: 'lambda:function',
          id: '*:function:checkout-cards:*',
          environment: 'prod',
          classification: 'restricted',
          group: 'payments-owners',
        }),
      )
    },
    breakGlassFile,
    'arn:{partition}:lambda:{region}:{account}:function:checkout-*',
    'it opens `arn:aws:lambda:us-east-1:000000000000:function:checkout-cards:` as `prod`, `internal`, of `payments-owners`',
    'say of them what resources.json says',
  ],
  [
    'a profile of one owner over what a later rule gives to another',
    (copy) =>
      copy.editJson(
        breakGlassFile,
        (file) =>
          (file.profiles[0].rights[0].resources = ['arn:{partition}:ssm:{region}:{account}:parameter/prod/che*']),
      ),
    breakGlassFile,
    'parameter/prod/che*',
    'resources.json says that it is `prod`, `internal`, of `sre`',
    'name resources of one kind alone',
  ],
  [
    'a profile over what no rule knows',
    (copy) =>
      copy.editJson('policies/resources.json', (file) => {
        file.resources = file.resources.filter(({ id }: { id: string }) => id !== 'arn:*:lambda:*:*:function:*')
        file.resources.find(({ id }: { id: string }) => id === 'arn:*:lambda:*:*:function:checkout-*').id += '-worker'
      }),
    breakGlassFile,
    'function:checkout-*',
    'of which resources.json knows nothing',
    'add a rule',
  ],
  [
    'two profiles that open the same',
    (copy) =>
      copy.editJson(breakGlassFile, ({ profiles }) =>
        profiles.push({ ...profiles[0], name: 'checkout-again', rights: [profiles[0].rights[1]] }),
      ),
    breakGlassFile,
    '"rights": [\n        {\n          "action": "lambda:PutFunctionConcurrency"',
    'two budgets',
    'leave it in one of them',
  ],
  [
    'a profile whose action gives no AWS credentials',
    (copy) => copy.editJson(breakGlassFile, (file) => (file.profiles[0].rights[0].action = 'flags:set')),
    breakGlassFile,
    '"flags:set"',
    'gives no AWS credentials',
    '`sts`',
  ],
]

const behaviour: Bad[] = [
  [
    'a case that fails',
    (copy) =>
      copy.edit('policies/agents.cedar', (text) =>
        text.replace('context.approval.tier >= 2', 'context.approval.tier >= 3'),
      ),
    'policies/cases/production.json',
    "checkout's parameters need two pairs of eyes",
    'fails: tier 3 by `prod-remediation`',
    'correct the policy',
  ],
  [
    'a forbid that no case meets',
    (copy) =>
      copy.edit(
        cedar,
        (text) =>
          `${text}\n@id("no-fridays")\nforbid (principal is Hotwork::Agent, action, resource)\nwhen { context.purpose == "friday" };\n`,
      ),
    cedar,
    '@id("no-fridays")',
    'no case meets the forbid `no-fridays`',
    'add a case',
  ],
  [
    'a permit that more approval takes back, by name',
    (copy) =>
      copy.edit('policies/agents.cedar', (text) =>
        text.replace('  context.approval.tier >= 1\n};\n\n// A flag', '  context.approval.tier == 1\n};\n\n// A flag'),
      ),
    'policies/agents.cedar',
    '@id("staging-with-the-owner")',
    '`staging-with-the-owner` permits at tier 1 and not at tier 2, as case `',
    'more approval never permits less',
  ],
  [
    'a forbid that more approval meets, by name',
    (copy) =>
      copy.edit(
        cedar,
        (text) =>
          `${text}\n@id("never-security")\nforbid (principal is Hotwork::Agent, action, resource)\nwhen { context.approval.tier > 2 };\n`,
      ),
    cedar,
    '@id("never-security")',
    '`never-security` lets tier 2 pass and refuses tier 3, as case `',
    'more approval never permits less',
  ],
  [
    'a quorum larger than its group',
    (copy) => copy.edit(ladder, (text) => text.replace('"quorum": 2', '"quorum": 5')),
    ladder,
    '"quorum": 5',
    'needs 5 people, and at most 4 may decide it',
    'lower the quorum',
  ],
  [
    'a stage that policy lets no person decide',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[2].stages[1].name = 'operations')),
    ladder,
    '"quorum": 1,\n          "deadline": "PT30M",\n          "onSilence": "expire"\n',
    'stage `operations` of tier 2 needs 1 person, and no person may decide it',
    'permit `approve`',
  ],
  [
    'an escalation to no person',
    (copy) => copy.editJson(ladder, ({ tiers }) => (tiers[1].stages[0].onSilence.escalateTo = 'managers')),
    ladder,
    '"escalateTo": "managers"',
    'which no person may decide',
    'permit `approve`',
  ],
  [
    'stages that only one person could decide, both of them',
    (copy) =>
      copy.editJson(people, ({ groups }) => {
        groups['payments-owners'] = ['person:ana']
        groups.sre = ['person:ana']
        groups['on-call'] = ['person:ana']
      }),
    ladder,
    '"name": "two pairs of eyes"',
    'tier 2 cannot be met',
    'add people',
  ],
  [
    'an action that no case asks for',
    (copy) => {
      for (const file of ['policies/cases/production.json', 'policies/cases/staging.json']) {
        copy.editJson(file, (json) => {
          json.cases = json.cases.filter((it: { ask: { action: string } }) => it.ask.action !== 'ecs:UpdateService')
        })
      }
    },
    'policies/actions/ecs.update-service.json',
    '"name"',
    'no case asks for `ecs:UpdateService`',
    'add one',
  ],
]

const terms: Bad[] = [
  [
    'an agent that no person would look at again for years',
    (copy) => copy.editJson(agents, (content) => (content.agents[1].recertifyBy = '2999-12-31')),
    agents,
    '"recertifyBy": "2999-12-31"',
    'no person would look at `agent:remediator` again within 180 days',
    'or an earlier day',
  ],
  [
    'a suspension that is told in no channel, where there are several',
    (copy) => copy.editJson(agents, (content) => delete content.tell),
    agents,
    '"agents"',
    'no channel is named in which a suspension is told',
    '"tell": { "channel": "hotwork-approvals" }',
  ],
  [
    'a suspension that is told in a channel that there is not',
    (copy) => copy.editJson(agents, (content) => (content.tell.channel = 'hotwork-nowhere')),
    agents,
    '"channel"',
    'channel `hotwork-nowhere` is not in the deployment',
    '`hotwork-agents`',
  ],
  [
    'a calendar of a zone that there is not',
    (copy) => copy.editJson('policies/calendar.json', (content) => (content.zone = 'Europe/Nowhere')),
    'policies/calendar.json',
    '"zone"',
    '`Europe/Nowhere` is not a time zone: write a name of the IANA database',
    'change it',
  ],
]

describe.each([
  ['an agent whose terms are too wide', terms],
  ['a file that is not what it should be', json],
  ['a name that means nothing', names],
  ['an action whose parts do not fit', catalogue],
  ['a policy that is not sound', policies],
  ['a tool that another could pass for', tools],
  ['a value that the agent is not held to', values],
  ['break-glass that opens what it should not', breakGlassFolders],
  ['policies that do not do what they should', behaviour],
])('%s', (_, all) => {
  test.each(all)('%s is found, with its line and the fix', (_rule, spoil, file, line, message, fix) => {
    using copy = new Copy()
    spoil(copy)
    const compiled = copy.compile()
    const problems = compiled.ok ? [] : compiled.problems
    const wanted = { file, message: expect.stringContaining(message), fix: expect.stringContaining(fix) }
    expect(problems).toContainEqual(expect.objectContaining(wanted))
    const lines = problems.flatMap((it) => (it.file === file && it.message.includes(message) ? [it.line] : []))
    expect(lines).toContain(line === '' ? 1 : copy.lineOf(file, line))
  })
})

test('the copy that all this was done to compiles', () => {
  using copy = new Copy()
  expect(copy.compile()).toMatchObject({ ok: true })
})

test.each([
  ['http://hooks.example.com/', /use https/],
  ['https://user:word@hooks.example.com/', /no user name or password/],
  ['https://10.0.0.8/hook', /name a host/],
  ['https://[fd00::8]/hook', /name a host/],
  ['https://2130706433/hook', /name a host/],
])('no agent and no tool is notified at %s', (notify, why) => {
  for (const [file, list] of [
    [agents, 'agents'],
    ['policies/tools.json', 'tools'],
  ] as const) {
    using copy = new Copy()
    copy.editJson(file, (content) => (content[list][0].notify = notify))
    const compiled = copy.compile()
    expect([compiled.ok, JSON.stringify(compiled)]).toEqual([false, expect.stringMatching(why)])
  }
})

test('the first date of an agent is at most 180 days after the build, and an older folder can still be compared', () => {
  const openAt = (recertifyBy: string) => {
    using copy = new Copy()
    copy.editJson(agents, (content) => {
      // The librarian is past its date, which a case tells.
      for (const agent of content.agents) if (agent.id !== 'agent:librarian') agent.recertifyBy = recertifyBy
    })
    const opened = openFolder(
      copy.at('policies'),
      copy.at('deployment.json'),
      cedarLanguage,
      Date.parse('2026-12-01T23:00:00Z') / 1000,
    )
    return opened.ok ? opened.failing.map(({ fix }) => fix) : 'no bundle'
  }
  expect(openAt('2027-05-30')).toEqual([])
  expect(openAt('2027-05-31')).toHaveLength(5)
  expect(openAt('2030-12-31')).toContainEqual(expect.stringMatching(/^write 2027-05-30 or an earlier day/))
})

test('a folder with one channel tells a suspension there, without naming it', () => {
  using copy = new Copy()
  copy.editJson(agents, (content) => delete content.tell)
  copy.editJson('deployment.json', ({ channels }) => delete channels['hotwork-agents'])
  const compiled = copy.compile()
  expect(compiled.ok && compiled.bundle.agentsTell).toEqual({ channel: 'hotwork-approvals' })
})

test('an agent and a tool are notified at the https address of a host', () => {
  using copy = new Copy()
  const notify = 'https://hooks.example.com:8443/hotwork?of=agents'
  copy.editJson(agents, (content) => (content.agents[0].notify = notify))
  copy.editJson('policies/tools.json', (content) => (content.tools[0].notify = notify))
  expect(copy.compile()).toMatchObject({ ok: true })
})

test.each(['https://incidents.example.org/api/{incident}', 'http://127.0.0.1:8080/{incident}?brief=1'])(
  'incidents may be asked for at %s',
  (url) => {
    using copy = new Copy()
    copy.editJson('deployment.json', (deployment) => (deployment.incidents = { url }))
    expect(copy.compile()).toMatchObject({ ok: true, bundle: { deployment: { incidents: { url } } } })
  },
)

test.each<[what: string, action: string, condition: string]>([
  ['names the resource', 'ssm:PutParameter', 'context.arguments.Name like "/prod/search/*"'],
  [
    'is pinned by a condition, there or not',
    'ecs:UpdateService',
    'context.arguments has taskDefinition && context.arguments.taskDefinition == "checkout:1"',
  ],
  ['is not looked at', 'ssm:PutParameter', 'context has arguments && context.arguments has Name'],
  ['Hotwork sends itself', 'lambda:UpdateFunctionConfiguration', 'context.arguments has Timeout'],
  ['a tool checks by its digest', 'flags:set', 'context.arguments.flag == "dark"'],
  [
    'is judged together with what is unpinned',
    'ssm:PutParameter',
    'context.arguments.Value == "off" || context.unpinned.contains("Value")',
  ],
])('a policy may read an argument that %s', (_what, action, condition) => {
  using copy = new Copy()
  copy.edit(
    cedar,
    (text) =>
      `${text}\n@id("reads-it")\nforbid (principal, action == Hotwork::Action::"${action}", resource)\nwhen { ${condition} };\n`,
  )
  const compiled = copy.compile()
  const problems = compiled.ok ? [] : compiled.problems
  // It has no case of its own, and that is all.
  expect(problems.map(({ message }) => message).filter((message) => message.includes('` reads `'))).toEqual([])
  expect(problems).toContainEqual(expect.objectContaining({ message: 'no case meets the forbid `reads-it`' }))
})

test('a profile may be wide where every rule that it reaches says the same, and where an earlier one knows better', () => {
  using copy = new Copy()
  copy.editJson('policies/resources.json', ({ resources }) => {
    resources.unshift({ ...resources[1], id: 'arn:aws:ssm:*:*:parameter/prod/checkout/payment-*' })
    // Of whatever begins so, the rule before it has spoken.
    resources.splice(3, 0, { ...resources[2], id: 'arn:*:parameter/prod/checkout/a*', classification: 'restricted' })
  })
  expect(copy.compile()).toMatchObject({ ok: true })
})

test('one mistake is one problem, though Cedar meets it in each action of the policy', () => {
  using copy = new Copy()
  copy.edit('policies/agents.cedar', (text) => text.replace('context.agent.autonomy', 'context.agent.autonmy'))
  const compiled = copy.compile()
  expect(compiled.ok ? [] : compiled.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/attribute `agent\.autonmy` in context for 7 actions not found/),
  ])
})

test('a line at which the parser stumbles twice is named once', () => {
  using copy = new Copy()
  copy.edit(ladder, (text) => text.replace('"stages": [', '"stages": [,'))
  const compiled = copy.compile()
  expect(compiled.ok ? [] : compiled.problems.map(({ line }) => line)).toEqual([7])
})
