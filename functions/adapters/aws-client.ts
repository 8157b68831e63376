/**
 * How often an AWS client tries, and how long one answer is waited for, in milliseconds. Without `throwOnRequestTimeout`
 * the SDK only logs a warning when time is up.
 */
export const bounded = (maxAttempts: number, requestTimeout: number) => ({
  maxAttempts,
  requestHandler: { connectionTimeout: Math.min(1000, requestTimeout), requestTimeout, throwOnRequestTimeout: true },
})

/** Acts with a client that is made for one call. */
export async function using<C extends { destroy(): void }, T>(client: C, act: (client: C) => Promise<T>): Promise<T> {
  try {
    return await act(client)
  } finally {
    client.destroy()
  }
}
