/**
 * Calls of a Lambda by an alias. fakecloud 0.51.0 resolves the alias and does not tell the Lambda: the front puts the
 * ARN beside the event, and lambda.ts takes it out.
 */
const member = 'hotwork_invoked_as'
const invocation = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

/** The ARN in a call by alias. */
export function aliasIn(url = ''): string | undefined {
  const arn = decodeURIComponent(invocation.exec(url)?.[1] ?? '')
  return /:function:[^:]+:[^:]+$/.test(arn) ? arn : undefined
}

export const withAlias = (arn: string, body: string): string =>
  JSON.stringify({ [member]: arn, event: JSON.parse(body || 'null') })

export function withoutAlias(said: unknown): { invokedFunctionArn?: string; event: unknown } {
  const { [member]: invokedFunctionArn, event } = Object(said) as { [name: string]: unknown }
  return typeof invokedFunctionArn === 'string' ? { invokedFunctionArn, event } : { event: said }
}
