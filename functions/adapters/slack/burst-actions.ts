/** Controls by their action ids. Apart from the cards, which whoever answers a press need not draw. */
export const approveAll = 'approve_all'
export const denyAll = 'deny_all'
export const openOne = 'open_one'

/** The offer of a standing permit on a card: one press, so its terms are fixed. Others are given through the API. */
export const allowMore = 'allow_more'
export const allowedMore = { uses: 5, hours: 4 } as const
