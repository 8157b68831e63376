import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { joinRequest } from '../../../functions/operations/ledger/texts.ts'
import { resizeWorker, stopCheckout, wantingReasons } from '../../channels/slack/cards/states.ts'
import { prodParameter, stagingParameter, type What, World, withTerms } from '../../support/world.ts'
import { AgentMachine } from '../support/agent-machine.ts'
import { useScene } from '../support/scene.ts'
import { Terminal } from '../support/terminal.ts'

/** `hotwork approve`, `deny`, `narrow` and `revoke`. */

const scene = useScene()
const asked = async (what: What = prodParameter) => (await scene.api.world.submitted(what)).ask.id
const state = (id: string) => scene.state(id)

test('`approve` decides the open stage on the state that was read, shows it, and names the next stage', async () => {
  const id = await asked()
  const { exit, out, err } = await scene.at('ana').type('approve', id, '--comment', 'seen')
  expect(exit).toBe(0)
  expect(err).toContain('Value = "3000"')
  expect(out).toContain(`APPROVED by you  ${id}\nnow      WAITING for sre: 0 of 1 approved`)
  const [owner] = (await state(id)).stages
  expect(owner?.decisions).toMatchObject([{ person: 'person:ana', verdict: 'approve', comment: 'seen' }])
  expect(await scene.at('eve').json('approve', id)).toMatchObject({ exit: 0, body: { id, status: 'approved' } })
})

test('`approve` again exits with 0, and counts once', async () => {
  const id = await asked()
  expect((await scene.at('ana').type('approve', id)).exit).toBe(0)
  const again = await scene.at('ana').type('approve', id)
  expect([again.exit, again.err]).toEqual([0, expect.stringContaining('you already made this decision')])
  await scene.at('eve').type('approve', id)
  expect(await scene.at('eve').json('approve', id)).toMatchObject({ exit: 0, body: { status: 'approved' } })
  expect((await state(id)).stages.flatMap(({ decisions }) => decisions)).toHaveLength(2)
})

test('an approval whose answer is lost is sent again, and counts once', async () => {
  const id = await asked()
  await scene.at('ana').type('approve', id)
  scene.api.nextCalls.push('answered', 'answer_lost')
  expect(await scene.at('eve').json('approve', id)).toMatchObject({ exit: 0, body: { status: 'approved' } })
  expect((await state(id)).stages.flatMap(({ decisions }) => decisions)).toHaveLength(2)
})

test('`approve` at a terminal asks first, and without a yes decides nothing', async () => {
  const id = await asked()
  const ana = scene.at('ana')
  ana.answers = ['', 'no', 'y', 'y']
  for (const _ of ['nothing', 'no']) {
    const { exit, out, err } = await ana.type('approve', id)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toMatch(/Approve exactly this\? \[y\/N\] hotwork: nothing was decided/)
  }
  expect((await state(id)).stages[0]?.decisions).toEqual([])
  expect((await ana.type('approve', id)).exit).toBe(0)
  expect(ana.answers).toEqual(['y'])
})

test('`approve --yes` at a terminal asks nothing', async () => {
  const ana = scene.at('ana')
  ana.answers = []
  const { exit, err } = await ana.type('approve', await asked(), '--yes')
  expect([exit, err.includes('[y/N]')]).toEqual([0, false])
})

test('an approval of a request that changed since it was read is not counted, and says to look again', async () => {
  const id = await asked(resizeWorker)
  const ana = scene.at('ana')
  ana.answers = ['y']
  ana.whenAsked = async () => {
    const left = { narrow: { arguments: { MemorySize: 1024 } } }
    expect(await scene.api.world.decide(await state(id), 'ben', 'approve', left)).toMatchObject({ ok: true })
  }
  const { exit, err } = await ana.type('approve', id)
  expect(exit).toBe(4)
  expect(err).toContain(`it changed: look again with \`npx --no-install hotwork show ${id}\``)
})

test.each([
  ['the owner of the agent', 'dan', 'self_approval'],
  ['a person of a later stage', 'eve', 'stage_not_open'],
  ['a person of no stage', 'lena', 'not_eligible'],
])('an approval by %s is refused: exit 4', async (_who, who, code) => {
  expect(await scene.at(who).json('approve', await asked())).toMatchObject({ exit: 4, body: { error: code } })
})

test('an approval of a denied request is refused', async () => {
  const id = await asked()
  await scene.at('ana').type('deny', id, '--reason', 'no')
  expect(await scene.at('ben').json('approve', id)).toMatchObject({ exit: 4, body: { error: 'already_settled' } })
})

test('an approval without the comment that its stage wants is refused', async () => {
  const reasons = wantingReasons(scene.api.world.policy.bundle)
  scene.api.use(new World(reasons))
  const id = await asked()
  expect(await scene.at('ana').json('approve', id)).toMatchObject({ exit: 2, body: { error: 'comment_required' } })
  expect(await scene.at('ana').json('approve', id, '--comment', 'seen')).toMatchObject({ exit: 0 })
})

test('an approval in a tier that asks for the name of the resource tells what to type, and wants exactly that', async () => {
  scene.api.use(new World(withTerms(scene.api.world.policy.bundle, 'owner', { typeTheName: true })))
  const id = await asked()
  expect((await scene.at('ana').type('show', id)).out).toContain('the name typed: payment-timeout-ms')
  const missing = await scene.at('ana').type('approve', id, '--yes')
  expect([missing.exit, missing.err]).toEqual([2, expect.stringContaining("--typed 'payment-timeout-ms'")])
  expect(await state(id)).toMatchObject({ status: 'pending', refusals: {} })
  const wrong = await scene.at('ana').json('approve', id, '--typed', 'Payment-timeout-ms')
  expect(wrong).toMatchObject({ exit: 4, body: { error: 'name_mismatch' } })
  expect(await scene.at('ana').json('narrow', id, '--minutes', '5', '--typed', 'payment-timeout-ms')).toMatchObject({
    exit: 0,
  })
  expect(await scene.at('ben').json('deny', id, '--reason', 'no')).toMatchObject({ exit: 0 })
})

test('an approval with a weaker login than its stage wants says which is needed', async () => {
  const id = await asked(stopCheckout)
  await scene.at('ana').type('approve', id)
  const weak = new Terminal({ HOTWORK_API: scene.api.url, HOTWORK_TOKEN: scene.token('gus', {}) })
  const { exit, err } = await weak.type('approve', id)
  expect([exit, err]).toEqual([4, expect.stringContaining('acr_values=strong')])
  expect(await scene.at('gus').json('approve', id)).toMatchObject({ exit: 0 })
  weak.close()
})

test('`deny` settles the request for good, with the reason, and is idempotent', async () => {
  const id = await asked()
  const words = ['deny', id, '--reason', 'not during the sale']
  expect((await scene.at('ana').type(...words)).out).toContain(`DENIED by you  ${id}\nnow      DENIED`)
  expect(await state(id)).toMatchObject({ status: 'denied', reason: 'not during the sale' })
  expect(await scene.at('ana').json(...words)).toMatchObject({ exit: 0, body: { status: 'denied' } })
  expect(await scene.at('ben').json(...words)).toMatchObject({ exit: 4, body: { error: 'already_settled' } })
})

test('`deny` is open to a person of any stage, in its turn or not', async () => {
  const id = await asked()
  expect(await scene.at('eve').json('deny', id, '--reason', 'no')).toMatchObject({
    exit: 0,
    body: { status: 'denied' },
  })
})

test('`deny` after approval ends the grant', async () => {
  const { ask } = await scene.api.world.approved()
  expect(await scene.at('ana').json('deny', ask.id, '--reason', 'no')).toMatchObject({
    exit: 0,
    body: { status: 'revoked' },
  })
})

test('`deny` asks nothing at a terminal, and takes a reason', async () => {
  const ana = scene.at('ana')
  ana.answers = []
  const id = await asked()
  expect(await ana.type('deny', id)).toMatchObject({ exit: 2, err: expect.stringContaining('--reason') })
  expect((await ana.type('deny', id, '--reason', 'no')).err).not.toContain('[y/N]')
})

test('`narrow` approves less, and the other approvers are asked about the rest', async () => {
  const id = await asked(resizeWorker)
  const words = ['narrow', id, '--set', 'MemorySize=1024', '--minutes', '5', '--comment', 'half is plenty']
  const { exit, out } = await scene.at('ben').type(...words)
  expect(exit).toBe(0)
  expect(out).toContain(`NARROWED by you  ${id}\nnow      WAITING for sre: 0 of 1 approved`)
  expect(await state(id)).toMatchObject({
    round: 2,
    ask: { arguments: { MemorySize: 1024, Timeout: 120 }, lifetime: 300 },
  })
  expect((await scene.at('eve').type('show', id)).out).toContain(
    'narrowed by person:ben at 08:00 UTC: MemorySize 2048 to 1024, minutes 15 to 5',
  )
})

test('a narrowing whose answer is lost is sent again, and narrows once', async () => {
  const id = await asked(resizeWorker)
  scene.api.nextCalls.push('answered', 'answer_lost')
  expect(await scene.at('ben').json('narrow', id, '--set', 'MemorySize=1024')).toMatchObject({
    exit: 0,
    body: { round: 2 },
  })
})

test('a narrowing to more, or of an argument that cannot be narrowed, is refused', async () => {
  const id = await asked(resizeWorker)
  for (const set of ['MemorySize=4096', 'FunctionName=other', 'Other=1'])
    expect(await scene.at('ben').json('narrow', id, '--set', set)).toMatchObject({
      exit: 2,
      body: { error: 'not_narrower' },
    })
})

test.each([
  ['nothing', []],
  ['no value', ['--set', 'MemorySize']],
  ['no use', ['--uses', '0']],
])('`narrow` with %s is wrong usage', async (_what, words) => {
  expect(await scene.at('ben').type('narrow', await asked(resizeWorker), ...words)).toMatchObject({ exit: 2, out: '' })
})

describe('revoke', () => {
  const words = (id: string) => ['revoke', id, '--reason', 'INC-4822: it should not run']

  test('`revoke` ends a live grant by the right to revoke, with the reason, and is idempotent', async () => {
    const { ask } = await scene.api.world.submitted(stagingParameter)
    const { exit, out } = await scene.at('gus').type(...words(ask.id))
    expect([exit, out]).toEqual([
      0,
      `REVOKED  ${ask.id}\nnow      by person:gus at 08:00 UTC\n         INC-4822: it should not run\n`,
    ])
    expect(await scene.at('hana').json(...words(ask.id))).toMatchObject({
      exit: 0,
      body: { status: 'revoked', ended: { by: 'person:gus' } },
    })
  })

  test('`revoke` of a request that ended otherwise is refused', async () => {
    const { ask } = await scene.api.world.submitted(prodParameter)
    await scene.at('ana').type('deny', ask.id, '--reason', 'no')
    expect(await scene.at('gus').json(...words(ask.id))).toMatchObject({ exit: 4, body: { error: 'already_settled' } })
  })

  test('`revoke` by a person without that right is refused: exit 4', async () => {
    const { ask } = await scene.api.world.submitted(stagingParameter)
    expect(await scene.at('ana').json(...words(ask.id))).toMatchObject({ exit: 4, body: { error: 'not_permitted' } })
  })
})

describe('words to the agent', () => {
  const file = (at: Terminal, name: string, value: unknown) => writeFileSync(join(at.home, name), JSON.stringify(value))
  const texts = async (id: string) => joinRequest(await state(id), scene.api.world.ledger.texts)

  test('`revise` sends a request back with words and suggested arguments, and says so', async () => {
    const id = await asked()
    const ana = scene.at('ana')
    const suggested = { ...prodParameter.arguments, Value: '2500' }
    file(ana, 'less.json', suggested)
    const { exit, out } = await ana.type('revise', id, '--to-agent', 'Half a second less.', '--suggest', 'less.json')
    expect(exit).toBe(0)
    expect(out).toContain(`SENT BACK by you  ${id}\nnow      SENT BACK to be revised`)
    const { stages, ...ended } = await texts(id)
    expect(ended).toMatchObject({ status: 'denied', outcome: 'revise' })
    expect(stages[0]?.decisions).toMatchObject([
      { verdict: 'revise', toAgent: 'Half a second less.', suggest: suggested },
    ])
    expect((await ana.type('revise', id, '--to-agent', 'Half a second less.')).err).toContain('already made this')
  })

  test('`revise` without words, with an unreadable or unfit suggestion is refused with the fix, and decides nothing', async () => {
    const id = await asked()
    const ana = scene.at('ana')
    file(ana, 'list.json', [])
    file(ana, 'other.json', { ...prodParameter.arguments, Name: '/prod/checkout/other' })
    const refused = async (...words: string[]) => {
      const { exit, err } = await ana.type('revise', id, ...words)
      expect(exit).not.toBe(0)
      return err
    }
    const why = ['--to-agent', 'Less.']
    expect(await refused()).toContain('--to-agent')
    expect(await refused(...why, '--suggest', 'none.json')).toContain('`none.json` cannot be read (ENOENT)')
    expect(await refused(...why, '--suggest', 'list.json')).toContain('`list.json` has no JSON object')
    expect(await refused(...why, '--suggest', 'other.json')).toMatch(/invalid_suggestion[\s\S]*the same resource/)
    expect(await refused('--to-agent', 'x'.repeat(501))).toContain('`to_agent`')
    expect((await state(id)).status).toBe('pending')
  })

  test('`approve`, `narrow` and `deny` have words to the agent beside the words to people', async () => {
    const [approved, narrowed, denied] = [await asked(), await asked(resizeWorker), await asked(stopCheckout)]
    const words = ['--to-agent', 'Watch the graph.']
    expect((await scene.at('ana').type('approve', approved, ...words)).exit).toBe(0)
    expect((await scene.at('ben').type('narrow', narrowed, '--set', 'MemorySize=1024', ...words)).exit).toBe(0)
    expect((await scene.at('ana').type('deny', denied, '--reason', 'a freeze', ...words)).exit).toBe(0)
    for (const id of [approved, narrowed, denied])
      expect((await texts(id)).stages.flatMap(({ decisions }) => decisions.map(({ toAgent }) => toAgent))).toContain(
        'Watch the graph.',
      )
  })
})

test('`question` asks the agent and `ask-colleague` a person, and `show` has both with the answer', async () => {
  const agent = new AgentMachine(scene)
  const id = await agent.asked()
  const ana = scene.at('ana')
  expect(await ana.type('question', id, 'Which customers?\u202e')).toMatchObject({ exit: 2 })
  expect((await ana.type('question', id, 'Which customers?')).out).toContain(`ASKED the agent  ${id}`)
  expect((await ana.type('ask-colleague', id, 'person:ben')).out).toContain(`ASKED person:ben to look  ${id}`)
  expect(await ana.json('ask-colleague', id, 'person:gus')).toMatchObject({ exit: 4 })
  await scene.at('chloe').type('approve', id)
  await agent.type('answer', id, 'all of them')
  agent.close()
  const { out } = await ana.type('show', id)
  expect(out).toMatch(/person:ana asked person:ben to look as owner at/)
  const [, own = ''] = out.split("THE AGENT'S OWN WORDS, unverified")
  expect(own).toMatch(/question person:ana asked at [^\n]*: Which customers\?\n\s+answered at [^\n]*: all of them/)
  expect(own).toMatch(/person:ana {2}asked the agent as owner: Which customers\?/)
})

test('`show` of a revision has the difference, who suggested it and who may not decide it, and both words', async () => {
  const first = await asked()
  const suggested = { ...prodParameter.arguments, Value: '9000' }
  await scene.sendBack('More\nis safer.', suggested)
  const { arguments: args, ...more } = { ...prodParameter, arguments: suggested }
  const second = (await scene.api.world.submitted({ ...more, arguments: args }, { revises: first as never })).ask.id
  const sent = (await scene.at('ben').type('show', first)).out
  expect(sent).toContain('SENT BACK to be revised')
  expect(sent).toMatch(
    /person:ana sent it back at [^\n]*\n\s+to the agent: More·is safer\.\n\s+suggests: Value "3000" to "9000"/,
  )
  const { out } = await scene.at('ben').type('show', second)
  expect(out).toContain(`revises  ${first}, revision 1, exactly as suggested\n         Value "3000" to "9000"`)
  expect(out).toContain('suggested by person:ana')
  expect(out).toMatch(/may not decide person:ana: they told the agent to ask for this/)
  expect(out).toMatch(new RegExp(`told before by person:ana at [^\\n]* on ${first}: More·is safer\\.`))
  expect((await scene.at('ben').type('ls')).out).toMatch(new RegExp(`${first}.* revise `))
})
