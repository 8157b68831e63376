import { Life } from '../support/openapi/life.ts'
import { forgetWords } from './support/aws.ts'
import { deployed, remediator } from './support/deployment.ts'

/** The examples of the OpenAPI document, sent to the deployed API. */

const hotwork = deployed()
const { issuer, tools } = hotwork.local
const [flags = ''] = tools.find(({ id }) => id === 'tool:flag-service')?.addresses ?? []
// Its example of a question is one to the agent.
afterAll(() => forgetWords(hotwork.local, remediator))

test('the life of a request is as documented', async () => {
  const life = new Life({ issuer, flags, token: (id) => hotwork.token(id) })
  expect((await life.ofMetadata()).servers).toEqual([{ url: issuer }])
  await life.ofRequest()
  expect(life.differences).toEqual([])
})
