import { deployed, remediator } from './support/deployment.ts'

/** A recertification with the deployed roles: one function shows the evidence, and another takes its digest. */

const hotwork = deployed()
const security = 'person:gus'
const problem = (code: string) => expect.stringMatching(new RegExp(`/problems/${code}$`))
const agent = `/v1/agents/${remediator}`

test('a person recertifies an agent by the digest of the evidence that they were shown, and by no other', async () => {
  const token = await hotwork.token(security)
  const read = async (path: string) => (await hotwork.json('GET', path, token)).body
  const send = (body: object) => hotwork.json('POST', `${agent}/recertify`, token, { reason: 'read its page', ...body })
  const { evidence_digest } = await read(agent)
  expect(await read(`${agent}/recertification`)).toMatchObject({ subject: remediator, evidence_digest })
  expect(await send({})).toMatchObject({ status: 400 })
  const stale = await send({ evidence_digest: `sha-256:${'0'.repeat(43)}` })
  expect(stale).toMatchObject({ status: 409, body: { type: problem('stale_digest') } })
  const done = await send({ evidence_digest })
  expect(done).toMatchObject({ status: 200, body: { recertification: { by: security, evidence: evidence_digest } } })
  expect((await read(agent)).recertification).toMatchObject({ by: security, evidence: evidence_digest })
})

test('a group or tool without a date shows no evidence', async () => {
  const token = await hotwork.token(security)
  for (const path of ['/v1/groups/nowhere/recertification', '/v1/tools/flag-service/recertification'])
    expect(await hotwork.json('GET', path, token)).toMatchObject({ status: 404 })
})
