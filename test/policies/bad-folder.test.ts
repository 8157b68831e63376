import { cedar as cedarLanguage } from '../../functions/adapters/cedar/compile-cedar.ts'
import { openFolder } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { testBadFolders } from './bad/bad-folders.ts'
import { Copy } from './sample.ts'

const ladder = 'policies/ladder.json'
const agents = 'policies/agents.json'
const cedar = 'policies/limits.cedar'

type Case = { ask: { action: string } }
type Rule = { id: string }

testBadFolders('folder.txt', {
  givens: {
    'a transmitter': (copy) =>
      copy.editJson('deployment.json', (deployment) => {
        const { issuer, jwksUri } = deployment.issuers.people
        const usual = { algorithms: ['RS256'], subjectsOf: ['people'], events: ['account-disabled'] }
        deployment.transmitters = { okta: { issuer, jwksUri, audience: '{issuer}/v1/signals/okta', ...usual } }
      }),
    'no rule for functions in general': (copy) =>
      copy.editJson('policies/resources.json', (file) => {
        file.resources = file.resources.filter(({ id }: Rule) => id !== 'arn:*:lambda:*:*:function:*')
        file.resources.find(({ id }: Rule) => id === 'arn:*:lambda:*:*:function:checkout-*').id += '-worker'
      }),
    'a second profile with a right of the first': (copy) =>
      copy.editJson('policies/break-glass.json', ({ profiles }) =>
        profiles.push({ ...profiles[0], name: 'checkout-again', rights: [profiles[0].rights[1]] }),
      ),
    'no case of ecs:UpdateService': (copy) => {
      for (const file of ['policies/cases/production.json', 'policies/cases/staging.json'])
        copy.editJson(file, (json) => {
          json.cases = json.cases.filter(({ ask }: Case) => ask.action !== 'ecs:UpdateService')
        })
    },
  },
})

test('the unspoilt copy compiles', () => {
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
      // A case relies on the librarian's past date.
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

test('the first dates of agents, people, groups, profiles and sealed roles are at most `recertifyAtMost` ahead', () => {
  using copy = new Copy()
  copy.editJson(agents, (content) => (content.recertifyAtMost = 'P30D'))
  copy.editJson('policies/directory.json', (content) => {
    for (const each of content.people) each.recertifyBy = each.id === 'person:ana' ? '2027-06-01' : '2026-12-31'
    content.recertifyGroups = { sre: '2026-12-31', security: '2027-01-02' }
  })
  const at = Date.parse('2026-12-02T05:00:00Z') / 1000
  const opened = openFolder(copy.at('policies'), copy.at('deployment.json'), cedarLanguage, at)
  const said = opened.ok ? opened.failing : []
  expect(said.filter(({ file }) => file.endsWith('directory.json'))).toMatchObject([
    { message: expect.stringMatching(/^`person:ana` would not .*30 days/), fix: expect.stringMatching(/2027-01-01/) },
    { message: expect.stringMatching(/^`security` would not/), line: expect.any(Number) },
  ])
  expect(said.filter(({ file }) => file.endsWith('agents.json'))).toHaveLength(5)
  expect(said.filter(({ file }) => file.endsWith('break-glass.json'))).toMatchObject([
    { message: expect.stringMatching(/^`checkout-recovery` would not/), line: expect.any(Number) },
  ])
})

test('an agent whose host contradicts its identity is refused, with the member and the fix', () => {
  using copy = new Copy()
  copy.editJson(agents, (content) => {
    content.agents[0].identities[0].subject = 'repo:example-org/elsewhere:environment:release'
  })
  expect(copy.compile()).toMatchObject({
    ok: false,
    problems: [{ message: expect.stringContaining('which is another host'), line: expect.any(Number) }],
  })
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
    'is pinned by a condition, present or absent',
    'ecs:UpdateService',
    'context.arguments has taskDefinition && context.arguments.taskDefinition == "checkout:1"',
  ],
  ['it only tests for presence', 'ssm:PutParameter', 'context has arguments && context.arguments has Name'],
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
  // The missing case is its only problem.
  expect(problems.map(({ message }) => message).filter((message) => message.includes('` reads `'))).toEqual([])
  expect(problems).toContainEqual(expect.objectContaining({ message: 'no case meets the forbid `reads-it`' }))
})

test('a profile may span rules that say the same, and rules that an earlier one shadows', () => {
  using copy = new Copy()
  copy.editJson('policies/resources.json', ({ resources }) => {
    resources.unshift({ ...resources[1], id: 'arn:aws:ssm:*:*:parameter/prod/checkout/payment-*' })
    // Shadowed by the rule before it.
    resources.splice(3, 0, { ...resources[2], id: 'arn:*:parameter/prod/checkout/a*', classification: 'restricted' })
  })
  expect(copy.compile()).toMatchObject({ ok: true })
})

test('one mistake is one problem, though Cedar finds it in each action of the policy', () => {
  using copy = new Copy()
  copy.edit('policies/agents.cedar', (text) => text.replace('context.agent.autonomy', 'context.agent.autonmy'))
  const compiled = copy.compile()
  expect(compiled.ok ? [] : compiled.problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/attribute `agent\.autonmy` in context for 11 actions not found/),
  ])
})

test('a line with two parse errors is named once', () => {
  using copy = new Copy()
  copy.edit(ladder, (text) => text.replace('"stages": [', '"stages": [,'))
  const compiled = copy.compile()
  expect(compiled.ok ? [] : compiled.problems.map(({ line }) => line)).toEqual([7])
})
