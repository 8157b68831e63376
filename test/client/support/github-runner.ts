import { listenOnLoopback } from '../../../local/loopback.ts'

type Answer = { status: number; body: string; location?: string }

/** The part of a runner of GitHub Actions that gives a job its ID token, and the job's environment. */
export async function startGithubRunner(sign: (claims: { aud: string }) => string) {
  const server = await listenOnLoopback()
  const requestToken = 'secret-of-this-job'
  /** Its next answers in place of tokens, in turn. */
  const nextAnswers: Answer[] = []
  const asked: string[] = []
  server.handle((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', server.url)
    const aud = searchParams.get('audience')
    asked.push(aud ?? '')
    const isJob = request.headers.authorization === `Bearer ${requestToken}`
    const isRight = pathname === '/idtoken/1/2' && searchParams.get('api-version') === '2.0' && aud !== null
    const usual = (): Answer => {
      if (!isJob) return { status: 401, body: '{"message":"secret"}' }
      return isRight
        ? { status: 200, body: JSON.stringify({ count: 1, value: sign({ aud }) }) }
        : { status: 404, body: '{}' }
    }
    const { status, body, location } = nextAnswers.shift() ?? usual()
    response.writeHead(status, { 'content-type': 'application/json', ...(location ? { location } : {}) }).end(body)
  })
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/idtoken/1/2?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
  }
  return { env, nextAnswers, asked, close: server.close }
}
