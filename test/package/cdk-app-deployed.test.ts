import { join } from 'node:path'
import { deployAssembly } from '../../local/cdk.ts'
import { Deployment } from '../stack/support/deployment.ts'
import { CdkApp } from './support/cdk-app.ts'

/** The same app in the local AWS, beside the deployments of the checkout. */

const { aws } = new Deployment().local
const issuer = 'https://permits.example.com'
let app: CdkApp
let outputs: Record<string, string>

/** Where CDK puts a construct's id before an output's name, and a hash behind it. */
const outputOf = (name: string) => Object.entries(outputs).find(([key]) => key.includes(name))?.[1] ?? ''
const ask = (method: string, path: string) =>
  fetch(`${aws.endpointUrl}/_aws/execute-api/${outputOf('ApiId')}/$default${path}`, { method })

beforeAll(async () => {
  app = new CdkApp()
  const place = { account: aws.accountId, region: aws.region }
  app.change('deployment.json', '111122223333', place.account)
  app.change('changed-deployment.json', 'eu-west-1', place.region)
  const deployment = 'changed-changed-deployment.json'
  const { status, stderr } = app.synthesize(place, { issuer, deployment, stackName: 'Strangers' })
  if (status !== 0) throw new Error(stderr)
  const logFile = join(app.place, 'deploy.log')
  outputs = await deployAssembly({ aws, assembly: app.outdir, directory: app.place, logFile })
}, 600_000)
afterAll(() => app.remove())

test('both stacks of it are there, and say where what they made is', () => {
  expect(outputOf('TargetRoleArn')).toBe(`arn:aws:iam::${aws.accountId}:role/hotwork/Strangers-target`)
  expect(outputOf('BreakGlassTopic')).toMatch(/^arn:aws:sns:/)
})

test('its Lambdas run: it says who it is, and asks a caller without a token who they are', async () => {
  const metadata = await ask('GET', '/.well-known/oauth-authorization-server')
  expect([metadata.status, await metadata.json()]).toEqual([200, expect.objectContaining({ issuer })])
  // This one has loaded Cedar and the policies of the app.
  const evaluation = await ask('POST', '/access/v1/evaluation')
  expect([evaluation.status, evaluation.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('Bearer'),
  ])
}, 120_000)
