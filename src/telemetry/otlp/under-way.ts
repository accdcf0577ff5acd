/**
 * Message of the error for a delta that is being sent at this moment: twice would count twice. It
 * stands alone, for those who compare it and should not load what sends.
 *
 * @module
 */

export const UNDER_WAY = 'this delta is being sent';
