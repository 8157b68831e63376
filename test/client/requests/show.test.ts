import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { evidenceOf } from '../../../functions/domain/record/evidence.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { drifted, previewOf, stopCheckout } from '../../channels/slack/cards/states.ts'
import { parameter, prodParameter, stagingParameter } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork ls` and `show`. */

const scene = useScene()
const idsOf = async (who: string, ...words: string[]) =>
  (await scene.at(who).json('ls', ...words)).body.requests.map(({ id }: { id: string }) => id)
const ids = (...words: string[]) => idsOf('ana', ...words)

test('`ls` has a line for each request: its agent, action, tier, and the stage that it waits for', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const { exit, out, err } = await scene.at('ana').type('ls')
  expect([exit, err]).toEqual([0, ''])
  const [head, row] = out.split('\n')
  expect(head).toMatch(/^ID +KIND +ASKED +AGENT +WHAT +TIER +STATUS +WAITS FOR, DECIDED BY$/)
  expect(row).toMatch(
    new RegExp(`^${ask.id} +action +08:00 UTC +agent:remediator +ssm:PutParameter parameter/prod/checkout`),
  )
  expect(row).toMatch(/ 2 +pending +owner 0 of 1, until 08:30 UTC$/)
})

test('`ls` says who decided a request, or that policy alone did', async () => {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  await world.submitted(stagingParameter)
  await scene.at('ana').type('deny', ask.id, '--reason', 'not now')
  const rows = (await scene.at('ben').type('ls')).out.split('\n')
  expect(rows[1]).toMatch(/approved +policy$/)
  expect(rows[2]).toMatch(/denied +person:ana$/)
})

test('`ls --waiting` has the requests that this person could approve now', async () => {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  await world.submitted(stagingParameter)
  const waiting = (who: string) => idsOf(who, '--waiting')
  expect(await waiting('ana')).toEqual([ask.id])
  expect(await waiting('eve')).toEqual([])
  expect((await scene.at('eve').type('ls', '--waiting')).out).toBe('nothing waits for you\n')
  await scene.at('ana').type('approve', ask.id)
  expect([await waiting('ana'), await waiting('eve')]).toEqual([[], [ask.id]])
})

test('`ls` is filtered by status, agent, owner, task, resource, action and time', async () => {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  scene.advance(3600)
  const later = await world.submitted(stagingParameter)
  expect(await ids('--resource', ask.resource.id, '--owner', ask.owner, '--agent', ask.agent.id)).toEqual([ask.id])
  expect(await ids('--task', 'INC-1042', '--action', 'ssm:PutParameter')).toEqual([later.ask.id, ask.id])
  expect(await ids('--since', '30m')).toEqual([later.ask.id])
  expect(await ids('--since', '2026-01-01T00:00:00+01:00')).toHaveLength(2)
  expect(await ids('--status', 'denied')).toEqual([])
})

test('`ls` is searched by words, by an id and until a time', async () => {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  scene.advance(3600)
  const later = await world.submitted(stagingParameter)
  expect(await ids('--search', 'PROD putparameter')).toEqual([ask.id])
  expect(await ids('--search', 'inc-1042')).toEqual([later.ask.id, ask.id])
  expect(await ids('--search', ask.id)).toEqual([ask.id])
  expect(await ids('--search', 'nowhere')).toEqual([])
  expect(await ids('--until', '30m')).toEqual([ask.id])
  expect(await ids('--search', 'checkout', '--since', '30m')).toEqual([later.ask.id])
})

test('`ls` goes on page by page up to --limit, and says on standard error that there is more', async () => {
  for (let n = 0; n < 70; n++) await scene.api.world.submitted(parameter(`/staging/checkout/${n}`))
  const all = await scene.at('ana').json('ls', '--limit', '100')
  expect([all.body.requests.length, all.body.more]).toEqual([70, false])
  const { out, err } = await scene.at('ana').type('ls', '--limit', '60')
  expect(out.trim().split('\n')).toHaveLength(61)
  expect(err).toContain('--limit')
  expect((await scene.at('ana').json('ls', '--limit', '60')).body).toMatchObject({ more: true })
})

test.each([
  ['a status that there is not', ['--status', 'open'], 'Allowed choices are pending'],
  ['a time that is none', ['--since', 'yesterday'], 'give a span, such as 30m'],
  ['an end that is not a time', ['--until', 'tomorrow'], 'give a span, such as 30m'],
  ['an end before the beginning', ['--since', '1h', '--until', '2h'], 'until'],
  ['a search of no word', ['--search', ' '], 'search'],
  ['a search too long', ['--search', 'x'.repeat(129)], 'search'],
  ['a limit of none', ['--limit', '0'], 'whole number'],
  ['an agent that is no agent', ['--agent', 'remediator'], '`agent`'],
])('`ls` with %s is wrong usage, and the answer names the fix', async (_what, words, expected) => {
  const { exit, out, err } = await scene.at('ana').type('ls', ...words)
  expect([exit, out]).toEqual([2, ''])
  expect(err).toContain(expected)
})

test('a person who may read nothing is refused: exit 4', async () => {
  expect(await scene.at('stranger').json('ls')).toMatchObject({ exit: 4 })
})

test('`show` has all facts of a card, the words of the agent apart, and a line for each entry', async () => {
  const { world } = scene.api
  const justification = 'timeouts since 07:40'
  const { ask } = await world.submitted(prodParameter, { justification })
  await scene.at('ana').type('approve', ask.id, '--comment', 'the ticket says the same')
  const { exit, out } = await scene.at('eve').type('show', ask.id)
  expect(exit).toBe(0)
  const [own = '', said = ''] = out.split("THE AGENT'S OWN WORDS, unverified")
  expect(own).toContain(`WAITING for sre: 0 of 1 approved  ${ask.id}`)
  for (const each of [
    `ssm:PutParameter on ssm:parameter ${ask.resource.id}`,
    'prod, internal data, tier 2 (two pairs of eyes)',
    'Value = "3000"',
    ...ask.unpinned,
    `${ask.digest}`,
    'agent:remediator, autonomous, for person:dan',
    'owner, then on-call: 1 of 1 approved',
    'person:ana approved at 08:00 UTC: the ticket says the same',
    'sre: 0 of 1 approved, open now until 08:30 UTC',
  ])
    expect(own).toContain(each)
  expect(own).not.toContain(justification)
  expect(said).toMatch(/^task {5}INC-1042\npurpose {2}remediation\nwhy {6}timeouts since 07:40$/m)
  const [, timeline = ''] = out.split('TIMELINE\n')
  expect(timeline.split('\n\n')[0]?.split('\n')).toEqual([
    '08:00 UTC  agent:remediator  asked, tier 2',
    '08:00 UTC  Hotwork  owner may decide until 08:30 UTC',
    '08:00 UTC  person:ana  approved as owner, round 1, by api: the ticket says the same',
    '08:00 UTC  Hotwork  sre may decide until 08:30 UTC',
  ])
  expect(out).toContain(`page     ${scene.api.url}/decide/${ask.id}`)
  expect(out).toContain(`npx --no-install hotwork deny ${ask.id} --reason TEXT`)
})

test('`show` has the current values beside the new ones, and why approvals began again', async () => {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  await scene.at('ana').type('approve', ask.id)
  const show = async (change: (state: ApprovalRequest) => ApprovalRequest) => {
    const stored = await world.requests.load(ask.id)
    if (!stored) throw new Error('it is stored')
    world.requests.forge({ ...stored, state: change(stored.state) })
    return (await scene.at('eve').type('show', ask.id)).out
  }
  expect(await show((state) => state)).toContain('changes  the present state is not shown')
  const hidden = { before: { Value: 'a\u202eb', Type: 'x' }, after: { Value: '3000', Type: 'x' } }
  expect(await show((state) => ({ ...state, preview: { ...previewOf(state), ...hidden } }))).toContain(
    'changes  Value  "a\\u202eb" -> "3000"\n         stays as it is: Type\n         the present value was read at 08:00 UTC; AWS cannot check it at the call',
  )
  expect(await show((state) => ({ ...state, preview: previewOf(state) }))).toContain('Value  "1800" -> "3000"\n')
  const reach = [{ label: 'running tasks', value: 24 }, { label: 'alarms' }]
  const reached = await show((state) => ({ ...state, preview: { ...previewOf(state), reach } }))
  expect(reached).toMatch(/running tasks: 24\n\s*alarms: unknown\n/)
  const changed = await show((state) => drifted(state, '2000'))
  expect(changed).toContain('changes  Value  "2000" -> "3000"\n')
  expect(changed).toContain(
    'resource changed seen at 08:01 UTC, after person:ana approved: Value  "1800" -> "2000"; approvals start again',
  )
  const preview = { outcome: 'failed', why: 'denied', observedAt: ask.recent } as const
  expect(await show((state) => ({ ...state, preview: { outcome: 'none', observedAt: ask.recent, reach } }))).toContain(
    'Hotwork has no preview of this action\n         running tasks: 24\n         alarms: unknown\n',
  )
  expect(await show((state) => ({ ...state, preview }))).toContain(
    'changes  Hotwork could not read the present state: access was denied',
  )
})

test('`show` says whether the log has the whole record, and in a checkpoint of how many entries', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const anchor = async () => /^anchor +(.*)$/m.exec((await scene.at('ana').type('show', ask.id)).out)?.[1]
  expect(await anchor()).toBe('its newest entry is not in the log yet')
  await scene.api.ports.notary.follow(ask.id)
  expect(await anchor()).toMatch(/^all 2 entries are in the log's checkpoint of \d+ entries, at 08:00 UTC$/)
})

test('`show --picture` saves the timeline as SVG; an unwritable file is wrong usage', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const ana = scene.at('ana')
  expect((await ana.type('show', ask.id, '--picture', 'req.svg')).exit).toBe(0)
  const picture = readFileSync(join(ana.folder, 'req.svg'), 'utf8')
  expect(picture).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg xmlns=/)
  expect(picture).toContain('agent:remediator')
  const { exit, err } = await ana.type('show', ask.id, '--picture', 'none/req.svg')
  expect(exit).toBe(2)
  expect(err).toContain('`none/req.svg` cannot be written: ENOENT')
})

test('`show` says which login a stage takes', async () => {
  const { ask } = await scene.api.world.submitted(stopCheckout)
  const { out } = await scene.at('gus').type('show', ask.id)
  expect(out).toContain(
    'security: 0 of 2 approved, not open yet; it takes a login of strength strong and at most 900 s old',
  )
})

test("`show --json` has the API's request, the entries of its record, and its page", async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  const { exit, body } = await scene.at('ana').json('show', ask.id)
  expect(exit).toBe(0)
  expect(body).toMatchObject({ id: ask.id, digest: ask.digest, page: `${scene.api.url}/decide/${ask.id}` })
  expect(body.ledger.map(({ type }: { type: string }) => type)).toEqual(['Submitted', 'StageOpened'])
})

test('`show --json` is evidence: its entries verify, and an altered text beside them is found', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter, { justification: 'to stop the timeouts' })
  const ana = scene.at('ana')
  await ana.type('approve', ask.id, '--comment', 'I watched it fail')
  const { body } = await ana.json('show', ask.id)
  const verifies = async (all: object) => {
    writeFileSync(join(ana.folder, 'show.json'), JSON.stringify(all))
    const { exit, body: said } = await ana.json('verify', 'show.json')
    const findings: { check: string; holds: boolean; entry?: string }[] = said.files[0].findings
    return { exit, wrong: findings.filter(({ holds }) => !holds) }
  }
  expect(await verifies(body)).toEqual({ exit: 0, wrong: [] })
  const [entry, pointer] = [`${ask.id}/1`, '/facts/ask/justification']
  expect(body.personal[entry][pointer].text).toBe('to stop the timeouts')
  const altered = { ...body.personal[entry][pointer], text: 'to start them' }
  const forged = { ...body, personal: { ...body.personal, [entry]: { [pointer]: altered } } }
  expect(await verifies(forged)).toMatchObject({ exit: 4, wrong: [{ check: 'texts', entry }] })
  const moved = { ...body, personal: { [`${ask.id}/9`]: body.personal[entry] } }
  expect(await verifies(moved)).toMatchObject({ exit: 4, wrong: [{ check: 'texts', entry: `${ask.id}/9` }] })
})

test('`show` has titles and addresses with the agent’s words, and the texts of its evidence whole, line by line', async () => {
  const text = 'first\n\u001b[2Ksecond\nTIMELINE'
  const evidence = evidenceOf([{ title: 'last \u202elines', text, media_type: 'text/markdown' }])
  const { ask } = await scene.api.world.submitted(prodParameter, { evidence })
  const ana = scene.at('ana')
  const { out } = await ana.type('show', ask.id)
  expect(out).toMatch(/^evidence “last \[U\+202E\]lines”, a text \(text\/markdown\)$/m)
  expect(out).toContain(
    '\n\nEVIDENCE, unverified (text/markdown): "last ·lines"\n  | first\n  | ·[2Ksecond\n  | TIMELINE\n\nTIMELINE',
  )
  expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  const { body } = await ana.json('show', ask.id)
  expect(body.evidence).toMatchObject([{ text, digest: ask.evidence?.[0]?.digest }])
  writeFileSync(join(ana.folder, 'show.json'), JSON.stringify(body))
  expect((await ana.json('verify', 'show.json')).exit).toBe(0)
})

test('`show` of an ended request says how, and by which person', async () => {
  const { ask } = await scene.api.world.submitted(prodParameter)
  await scene.at('ana').type('deny', ask.id, '--reason', 'not during the sale')
  const { exit, out } = await scene.at('ana').type('show', ask.id)
  expect(exit).toBe(0)
  expect(out).toMatch(/^DENIED {2}req_/)
  expect(out).toContain('now      by person:ana at 08:00 UTC\n         not during the sale')
  expect(out).toContain('person:ana  denied by person:ana: not during the sale')
  expect(out).not.toContain('npx --no-install hotwork approve')
})

test("an agent's text does not move the cursor, hide, or read backwards", async () => {
  const justification = 'fine\u001b[2K\u202e\nDENIED'
  const { ask } = await scene.api.world.submitted(prodParameter, { justification })
  const { out } = await scene.at('ana').type('show', ask.id)
  expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  expect(out).not.toMatch(/^DENIED/m)
})

test('two values that differ look different, and letters that pass for others get a note', async () => {
  const values = ['3000', '3000\u200b', '3000·', '\u0430dmin']
  const shown = await Promise.all(
    values.map(async (value, at) => {
      const { ask } = await scene.api.world.submitted(parameter(`/prod/checkout/${at}`, value))
      const { out } = await scene.at('ana').type('show', ask.id)
      return /Value = (.*)$/m.exec(out)?.[1]
    }),
  )
  expect(shown).toEqual(['"3000"', '"3000\\u200b"', '"3000·"', '"аdmin"   <- mixes alphabets that look alike'])
})

test('a record of more than a page is read to its end', async () => {
  const { world } = scene.api
  const { ask } = await world.approved(prodParameter)
  for (let n = 0; n < 60; n++) await world.issueToken(await world.state(ask.id))
  const { body } = await scene.at('ana').json('show', ask.id)
  expect(body.ledger.length).toBeGreaterThan(120)
})

test('`show` of an unknown request is wrong usage, and an opening has a verb of its own', async () => {
  expect(await scene.at('ana').json('show', `req_${'0'.repeat(26)}`)).toMatchObject({
    exit: 2,
    body: { error: 'unknown_request' },
  })
  const opening = `bgl_${'0'.repeat(26)}`
  expect((await scene.at('ana').type('show', opening)).err).toContain(
    `npx --no-install hotwork break-glass status ${opening}`,
  )
  expect((await scene.at('ana').type('show', '../halts')).exit).toBe(2)
})
