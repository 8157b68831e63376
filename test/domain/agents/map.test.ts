import { writeFileSync } from 'node:fs'
import { foldOf, type MapAgent, mostUnfolded, rowsOf } from '../../../functions/domain/agents/map.ts'
import { drawMap, mapTitle } from '../../../functions/domain/agents/map-picture.ts'

/** The map of agents as rows, and as a picture. */

const bare: MapAgent = {
  ...{ id: 'agent:a', owner: 'person:ana', autonomy: 'supervised', status: 'active', runs_on: { other: 'a laptop' } },
  ...{
    roles: [],
    secrets: [],
    unknown: [],
    grants: [],
    more: { roles: 0, secrets: 0, grants: 0, roles_not_looked_at: 0 },
  },
}
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`
const at = '2027-01-15T08:00:00Z'

/** Two hundred agents of 23 owners on 61 hosts. */
const many: readonly MapAgent[] = Array.from({ length: 200 }, (_, n): MapAgent => {
  const host = role(`agents/${['payments', 'search', 'media', 'build'][n % 4]}-${n % 61}`)
  return {
    ...bare,
    id: `agent:${['remediator', 'deployer', 'librarian', 'planner'][n % 4]}-${n}`,
    owner: `person:owner-${n % 23}`,
    status: n % 40 === 7 ? 'suspended' : 'active',
    runs_on: n % 5 === 0 ? { githubEnvironment: `acme/service-${n % 61}#production` } : { awsRole: host },
    ...(n % 7 === 0 ? { unknown: ['it was not looked at'] } : { looked_at: at }),
    roles:
      n % 7 === 0
        ? []
        : [
            { arn: host, via: 'host' },
            { arn: role(`deploy-${n % 9}`), via: 'assume' },
          ],
    secrets: n % 3 === 0 ? [{ kind: 'secret', name: `prod/${n % 9}/database-password`, role: host }] : [],
    grants: n % 4 === 0 ? [{ request: `req_${n}`, action: 'ssm:PutParameter', until: at }] : [],
  }
})

const textOf = (cells: readonly { text: string }[]) => cells.map(({ text }) => text)

test('a row has the owner, the agent, its host, and what it may assume, may read and holds', () => {
  const resource = { id: 'arn:aws:ssm:eu-west-1:111122223333:parameter/prod/x' }
  const agent: MapAgent = {
    ...bare,
    ...{ runs_on: { awsRole: role('builder') }, looked_at: at, backup_owner: 'person:ben' },
    roles: [
      { arn: role('builder'), via: 'host' },
      { arn: role('deploy'), via: 'assume' },
    ],
    secrets: [{ kind: 'secret', name: 'prod/db', role: role('builder') }],
    grants: [{ request: 'req_1', action: 'ssm:PutParameter', resource, until: at }],
  }
  const [row] = rowsOf([agent], 'none')
  expect(row?.owner).toBe('person:ana')
  expect(textOf(row?.agents ?? [])).toEqual(['agent:a', 'supervised', 'backup person:ben'])
  expect(textOf(row?.host ?? [])).toEqual(['111122223333 builder', 'awsRole'])
  expect(textOf(row?.roles ?? [])).toEqual(['111122223333 builder (the host)', '111122223333 deploy'])
  expect(textOf(row?.secrets ?? [])).toEqual(['secret prod/db'])
  expect(textOf(row?.grants ?? [])).toEqual(['ssm:PutParameter on 111122223333 parameter/prod/x'])
})

test('a host that was not looked at is unknown, and one that reaches nothing is none', () => {
  const [unseen, empty] = rowsOf([bare, { ...bare, id: 'agent:b', looked_at: at }], 'none')
  expect([unseen, empty].map((row) => textOf([...(row?.roles ?? []), ...(row?.secrets ?? [])]))).toEqual([
    ['unknown', 'unknown'],
    ['none', 'none'],
  ])
})

test('a host of several agents, and an agent that may do nothing, are marked', () => {
  const [one, other] = rowsOf([bare, { ...bare, id: 'agent:b', status: 'retired' }], 'none')
  expect(one?.host).toContainEqual({ text: 'shared by 2 agents', alarm: true })
  expect(other?.agents).toContainEqual({ text: 'retired', alarm: true })
})

test('members that are not listed are counted, and so are roles that were not looked at', () => {
  const secrets = Array.from({ length: 6 }, (_, n) => ({ kind: 'secret' as const, name: `s${n}`, role: role('a') }))
  const more = { roles: 0, secrets: 10, grants: 0, roles_not_looked_at: 12 }
  const [row] = rowsOf([{ ...bare, looked_at: at, secrets, more }], 'none')
  expect(textOf(row?.secrets ?? []).at(-1)).toBe('and 12 more')
  expect(textOf(row?.roles ?? [])).toEqual(['none', '12 roles not looked at'])
})

test('many agents are folded by their owner, unless the reader asks otherwise', () => {
  expect(foldOf(many, undefined)).toBe('owner')
  expect(foldOf(many, 'host')).toBe('host')
  expect(foldOf(many.slice(0, mostUnfolded), undefined)).toBe('none')
})

test('two hundred agents fold to a row for each owner or host, in which no agent is lost', () => {
  const byOwner = rowsOf(many, 'owner')
  expect(byOwner).toHaveLength(23)
  const counted = byOwner.map(({ agents: [first] }) => Number(first?.text.split(' ')[0]))
  expect(counted.reduce((sum, each) => sum + each, 0)).toBe(200)
  expect(byOwner[0]?.opens).toEqual({ owner: 'person:owner-0' })
  expect(rowsOf(many, 'host')).toHaveLength(new Set(many.map(({ runs_on }) => Object.values(runs_on)[0])).size)
})

test('a fold counts a role or secret of several agents once', () => {
  const same = { looked_at: at, roles: [{ arn: role('a'), via: 'host' as const }] }
  const [row] = rowsOf(
    [
      { ...bare, ...same },
      { ...bare, ...same, id: 'agent:b' },
    ],
    'owner',
  )
  expect(textOf(row?.roles ?? [])).toEqual(['1 role'])
})

test('the picture has every row in bounds, and boxes that do not overlap', () => {
  for (const fold of ['owner', 'host', 'none'] as const) {
    const rows = rowsOf(many, fold)
    const picture = drawMap(rows, { title: mapTitle(many.length, rows.length) })
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(picture)?.map(Number) ?? []
    const boxes = [...picture.matchAll(/<rect class="m" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g)].map(
      ([, ...box]) => box.map(Number) as [number, number, number, number],
    )
    expect(boxes.length).toBeGreaterThanOrEqual(rows.length * 5)
    for (const [x, y, w, h] of boxes) {
      expect(x + w).toBeLessThanOrEqual(width ?? 0)
      expect(y + h).toBeLessThanOrEqual(height ?? 0)
    }
    for (const column of Map.groupBy(boxes, ([x]) => x).values()) {
      const sorted = column.toSorted(([, a], [, b]) => a - b)
      for (const [index, [, y]] of sorted.entries()) {
        const before = sorted[index - 1]
        if (before) expect(y).toBeGreaterThanOrEqual(before[1] + before[3])
      }
    }
    if (process.env['MAP_PICTURE']) writeFileSync(`${process.env['MAP_PICTURE']}-${fold}.svg`, picture)
  }
})

test('names of strangers are text in the picture, and cannot turn its direction', () => {
  const evil = '</text><script>alert(1)</script>\u202e'
  const rows = rowsOf([{ ...bare, runs_on: { other: evil } }], 'none')
  const picture = drawMap(rows, { title: 'x' })
  expect(picture).not.toContain('<script')
  expect(picture).not.toContain('\u202e')
})
