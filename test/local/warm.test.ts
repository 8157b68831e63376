import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { doorsOf, warm } from '../../local/cdk.ts'
import { useServer } from '../support/http-server.ts'

const outdir = mkdtempSync(join(tmpdir(), 'hotwork-warm-'))
afterAll(() => rmSync(outdir, { recursive: true, force: true }))

const knocks: string[] = []
const server = useServer(({ method, url }, response) => {
  knocks.push(`${method} ${url}`)
  response.writeHead(401).end()
})

/** An API of three Lambdas, one of which has two routes. */
function synthesize(): void {
  const app = new App({ outdir })
  const stack = new Stack(app, 'Elsewhere')
  const api = new HttpApi(stack, 'Api')
  const behind = (name: string) =>
    new HttpLambdaIntegration(
      name,
      new LambdaFunction(stack, name, {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromInline('//'),
      }),
    )
  const decide = behind('Decide')
  api.addRoutes({ path: '/v1/requests/{id}/decisions', methods: [HttpMethod.POST], integration: decide })
  const read = behind('Read')
  api.addRoutes({ path: '/v1/requests', methods: [HttpMethod.GET], integration: read })
  api.addRoutes({ path: '/v1/requests/{id}', methods: [HttpMethod.GET], integration: read })
  api.addRoutes({ path: '/{proxy+}', integration: behind('Anything') })
  app.synth()
}

test('every Lambda behind the API is called once, by its own method and with an unknown id', async () => {
  synthesize()
  await warm(server(), doorsOf(outdir, 'Elsewhere'), new AbortController().signal)
  expect(knocks.sort()).toEqual([
    'GET /req_00000000000000000000000000',
    'GET /v1/requests/req_00000000000000000000000000',
    'POST /v1/requests/req_00000000000000000000000000/decisions',
  ])
})

test('a silent Lambda does not delay the next, and an abort ends the calls', async () => {
  const doors = [{ method: 'GET', path: '/' }]
  await expect(warm('http://127.0.0.1:9', doors, new AbortController().signal)).resolves.toBeUndefined()
  await expect(warm('http://127.0.0.1:9', doors, AbortSignal.abort(new Error('asked to end')))).rejects.toThrow(
    'asked to end',
  )
})
