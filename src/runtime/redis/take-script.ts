/**
 * The decision over several buckets as one Lua script, which Redis and Valkey run as a whole: other
 * clients see all of what it takes, or nothing.
 *
 * The arithmetic is that of `policy/limits/token-bucket.ts`, in the same doubles, so what is exact
 * there is exact here; tests compare the two. Buckets are kept as text, `%.0f`, which loses nothing
 * of a whole number below 2^53. Time is the server's, so that clients whose clocks differ share one
 * budget all the same. A bucket expires when it is full, which is what a bucket that is not there
 * means.
 *
 * @module
 */

/**
 * KEYS: a bucket each. ARGV, four to a bucket: units asked for, units of a full bucket, units paid
 * back per millisecond, and 1 where the bucket is too small for them ever.
 *
 * Returns {0} when everything was taken; otherwise {1, position of the bucket to wait longest for
 * (from 0), milliseconds, or -1 for ever}.
 */
export const TAKE_SCRIPT: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local debts, moved = {}, {}
local refused, longest = -1, 0
for i = 1, #KEYS do
  local asked, full, paid = tonumber(ARGV[4*i-3]), tonumber(ARGV[4*i-2]), tonumber(ARGV[4*i-1])
  local debt, at = 0, now
  local kept = redis.call('GET', KEYS[i])
  if kept then
    local space = string.find(kept, ' ', 1, true)
    debt, at = tonumber(string.sub(kept, 1, space - 1)), tonumber(string.sub(kept, space + 1))
    if now > at then debt = math.max(0, debt - (now - at) * paid) end
  end
  debts[i], moved[i] = debt, now ~= at
  if longest >= 0 then
    local missing = debt + asked - full
    if ARGV[4*i] == '1' then
      refused, longest = i - 1, -1
    elseif missing > 0 then
      local wait = math.ceil(missing / paid)
      if wait > longest then refused, longest = i - 1, wait end
    end
  end
end
for i = 1, #KEYS do
  local debt = debts[i]
  if refused < 0 then debt = debt + tonumber(ARGV[4*i-3]) end
  if refused < 0 or moved[i] then
    if debt > 0 then
      local rest = math.ceil(debt / tonumber(ARGV[4*i-1]))
      redis.call('SET', KEYS[i], string.format('%.0f %.0f', debt, now), 'PX', rest)
    else
      redis.call('DEL', KEYS[i])
    end
  end
end
if refused < 0 then return {0} end
return {1, refused, longest}
`;
