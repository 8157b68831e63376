import { join } from 'node:path'
import { deployAssembly } from '../../local/cdk.ts'
import { Deployment } from '../stack/support/deployment.ts'
import { CdkApp } from './support/cdk-app.ts'

/** The app of cdk-app.test.ts in the local AWS, beside the deployments of the checkout. */

const { aws } = new Deployment().local
const issuer = 'https://permits.example.com'
let app: CdkApp
let outputs: Record<string, string>

/** An output by its name, to which CDK adds a construct's id and a hash. */
const outputOf = (name: string) => Object.entries(outputs).find(([key]) => key.includes(name))?.[1] ?? ''
const ask = (method: string, path: string) =>
  fetch(`${aws.endpointUrl}/_aws/execute-api/${outputOf('ApiId')}/$default${path}`, { method })

beforeAll(async () => {
  app = new CdkApp()
  const place = { account: aws.accountId, region: aws.region }
  app.change('deployment.json', '111122223333', place.account)
  app.change('deployment.json', 'eu-west-1', place.region)
  const { status, stderr } = app.synthesize(place, { issuer, stackName: 'Strangers' })
  if (status !== 0) throw new Error(stderr)
  const logFile = join(app.place, 'deploy.log')
  outputs = await deployAssembly({ aws, assembly: app.outdir, directory: app.place, logFile })
}, 600_000)
afterAll(() => app.remove())

test('the stacks of the app are deployed, with their outputs', () => {
  expect(outputOf('TargetRoleArn')).toBe(`arn:aws:iam::${aws.accountId}:role/hotwork/Strangers-target`)
  expect(outputOf('BreakGlassTopic')).toMatch(/^arn:aws:sns:/)
})

test('the Lambdas of the app run: one returns the metadata, one refuses a caller without a token', async () => {
  const metadata = await ask('GET', '/.well-known/oauth-authorization-server')
  expect([metadata.status, await metadata.json()]).toEqual([200, expect.objectContaining({ issuer })])
  // This Lambda loads Cedar and the policies of the app.
  const evaluation = await ask('POST', '/access/v1/evaluation')
  expect([evaluation.status, evaluation.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('Bearer'),
  ])
}, 120_000)
