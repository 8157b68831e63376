import { listenOnLoopback } from '../../../../local/loopback.ts'

type Asked = {
  LookupAttributes: { AttributeKey: string; AttributeValue: string }[]
  StartTime: number
  EndTime: number
  NextToken?: string
}
type Told = { EventId: string; EventName: string; EventTime: number; CloudTrailEvent: string; Username?: string }
type Answer = { status?: number; Events?: readonly Told[]; NextToken?: string }

/** A CloudTrail over the wire, for behaviour that no emulator has: pages, throttling, events of others. */
export async function startCloudTrail(answer: (asked: Asked, count: number) => Answer) {
  const asked: Asked[] = []
  const { url, handle, close } = await listenOnLoopback()
  handle(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const ask = JSON.parse(Buffer.concat(chunks).toString()) as Asked
    asked.push(ask)
    const { status = 200, ...body } = answer(ask, asked.length)
    const told = status === 200 ? body : { __type: 'ThrottlingException', message: 'Rate exceeded' }
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(told))
  })
  return { url, asked, close }
}

export const byName = ({ LookupAttributes: [attribute] }: Asked): boolean => attribute?.AttributeKey === 'Username'

type Call = { id: string; at: number; role: string; session: string; key?: string; region?: string; account?: string }

/** A call in CloudTrail's form. */
export const callEvent = ({ id, at, role, session, key = 'ASIA1', region = 'us-east-1', account }: Call): Told => {
  const accountId = account ?? role.split(':')[4] ?? ''
  return {
    EventId: id,
    EventName: 'PutParameter',
    EventTime: at,
    Username: session,
    CloudTrailEvent: JSON.stringify({
      userIdentity: {
        arn: `arn:aws:sts::${accountId}:assumed-role/${role.split('/').at(-1)}/${session}`,
        accessKeyId: key,
        sessionContext: { sessionIssuer: { arn: role } },
      },
      eventSource: 'ssm.amazonaws.com',
      awsRegion: region,
      recipientAccountId: accountId,
      requestParameters: { name: '/a/b' },
    }),
  }
}

/** The origin of a session, with its tags. */
export const assumeEvent = (id: string, at: number, key: string, tags: { [name: string]: string }): Told => ({
  EventId: id,
  EventName: 'AssumeRole',
  EventTime: at,
  CloudTrailEvent: JSON.stringify({
    requestParameters: { tags: Object.entries(tags).map(([name, value]) => ({ key: name, value })) },
    responseElements: { credentials: { accessKeyId: key } },
  }),
})
