import { channel } from 'node:diagnostics_channel'
import { RightMissing } from '../operations/faults.ts'

/**
 * The attempts of an AWS client, and the timeout of one answer in milliseconds. Without `throwOnRequestTimeout` the SDK only
 * logs a warning at the timeout.
 */
export const bounded = (maxAttempts: number, requestTimeout: number) => ({
  maxAttempts,
  requestHandler: { connectionTimeout: Math.min(1000, requestTimeout), requestTimeout, throwOnRequestTimeout: true },
})

/** Runs `act` with a client that is made for this call. */
export async function using<C extends { destroy(): void }, T>(client: C, act: (client: C) => Promise<T>): Promise<T> {
  try {
    return await act(client)
  } finally {
    client.destroy()
  }
}

/** Publishes each right that AWS denies, even if the fault is caught. */
export const denials = channel('hotwork.right_missing')
export type Denial = { denied: string; action: string | undefined; resource: string | undefined }

type Act = (args: object) => Promise<object>
type Client = { middlewareStack: { add(middleware: never, at: { step: 'initialize' }): void } }

/** A client that acts by the Lambda's own role. A denial by AWS is thrown as `RightMissing`: a retry does not help. */
export function asItself<C extends Client>(client: C): C {
  const middleware = (next: Act) => (args: object) =>
    next(args).catch((fault: unknown) => {
      throw rightMissing(fault) ?? fault
    })
  client.middlewareStack.add(middleware as never, { step: 'initialize' })
  return client
}

/** Takes only action and resource from AWS's message, which names the session too. */
function rightMissing(fault: unknown): RightMissing | undefined {
  if (!(fault instanceof Error) || !/^(?:AccessDenied|AuthorizationError|NotAuthorized)/.test(fault.name))
    return undefined
  const [, action, resource] =
    /not authorized to perform:? ([\w-]+:\w+)(?:[^:]* on resource: (arn:[\w:/.*=@+-]{1,300}))?/.exec(fault.message) ??
    []
  denials.publish({ denied: fault.name, action, resource } satisfies Denial)
  return new RightMissing(
    `AWS denies \`${action ?? 'an action'}\` on \`${resource ?? 'a resource'}\`: \`${fault.name}\``,
  )
}
