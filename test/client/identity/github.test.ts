import { startGithubRunner } from '../support/github-runner.ts'
import { troubleOf, Workload } from '../support/workload.ts'

/** A job of GitHub Actions: its runner gives it an ID token for the audience that it asks for. */

const audience = 'https://hotwork.example'
let runner: Awaited<ReturnType<typeof startGithubRunner>>
let workload: Workload

beforeEach(async () => {
  workload = new Workload()
  runner = await startGithubRunner((claims) => workload.token(300, claims))
  Object.assign(workload.env, runner.env)
})
afterEach(async () => {
  workload.close()
  await runner.close()
})

test('a job is known by the token of its runner, with Hotwork as its audience', async () => {
  expect(await workload.identity()(audience)).toBe(workload.token(300, { aud: audience }))
  expect(runner.asked).toEqual([audience])
})

test('a runner that is busy is asked again, twice at most', async () => {
  const busy = { status: 503, body: 'secret' }
  runner.nextAnswers.push(busy, { ...busy, status: 429 })
  await workload.identity()(audience)
  expect([runner.asked.length, workload.pauses]).toEqual([3, [500, 1000]])
  runner.nextAnswers.push(busy, busy, busy)
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([1, 'GitHub Actions answers 503'])
})

test.each([401, 403, 404])(
  'a job that gets no token (%s) is told which permission it needs, and not asked again',
  async (status) => {
    runner.nextAnswers.push({ status, body: '{"message":"secret"}' })
    const { exit, title, detail } = await troubleOf(workload.identity()(audience))
    expect([exit, title]).toEqual([2, expect.stringContaining(`${status}`)])
    expect(detail).toContain('id-token: write')
    expect(runner.asked.length).toBe(1)
  },
)

test('a job whose request token is not its own gets none', async () => {
  workload.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] = 'secret of another job'
  expect((await troubleOf(workload.identity()(audience))).title).toContain('401')
})

test.each([
  ['is no JSON', '<html>secret</html>'],
  ['has no value', '{"count":0}'],
  ['has an empty value', '{"count":1,"value":""}'],
])('an answer that %s is a fault', async (_, body) => {
  runner.nextAnswers.push(...[1, 2, 3].map(() => ({ status: 200, body })))
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([1, 'the answer of GitHub Actions has no `value`'])
})

test('the request token is not sent on to where an answer redirects', async () => {
  const away = { status: 307, body: '', location: `${runner.env.ACTIONS_ID_TOKEN_REQUEST_URL}&again=1` }
  runner.nextAnswers.push(away, away, away)
  const { exit, detail } = await troubleOf(workload.identity()(audience))
  expect([exit, detail]).toEqual([1, expect.stringContaining('does not answer')])
  expect(runner.asked.length).toBe(3)
})

test('the request token is not sent where others can read it', async () => {
  workload.env['ACTIONS_ID_TOKEN_REQUEST_URL'] = 'http://runner.example/idtoken'
  const { exit, title } = await troubleOf(workload.identity()(audience))
  expect([exit, title]).toEqual([2, expect.stringContaining('ACTIONS_ID_TOKEN_REQUEST_URL')])
})

test("a missing runner is a fault with the system's code", async () => {
  await runner.close()
  expect((await troubleOf(workload.identity()(audience))).detail).toContain('ECONNREFUSED')
})
