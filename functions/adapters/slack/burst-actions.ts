/** The controls of a burst's card, by their action ids. Apart from the card, which whoever answers a press need not draw. */
export const approveAll = 'approve_all'
export const denyAll = 'deny_all'
export const openOne = 'open_one'
