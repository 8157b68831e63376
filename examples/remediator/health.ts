/** What the checkout service says of itself. */
export interface Health {
  status: 'healthy' | 'unhealthy'
  parameter: string
  payment_timeout_ms?: number
  reason?: string
}

/** 503 is an answer here: it is what the agent looks for. */
export async function readHealth(url: string): Promise<Health> {
  const response = await fetch(url)
  return (await response.json()) as Health
}
