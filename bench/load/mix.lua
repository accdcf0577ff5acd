-- Different requests in fixed shares: each line of the file $BENCH_MIX is a share in percent, a
-- path and a file with the body. Headers as in call.lua.
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'report.lua')

for name, value in os.getenv('BENCH_HEADERS'):gmatch('([^\n:]+): ([^\n]+)') do
  wrk.headers[name] = value
end

-- A hundred requests, made beforehand. A step of 37 visits each of them once in a hundred, and
-- spreads those of a kind.
local prepared = {}
local position = 0

function init()
  for line in io.lines(os.getenv('BENCH_MIX')) do
    local share, path, name = line:match('^(%d+) (%S+) (.+)$')
    local file = assert(io.open(name, 'rb'))
    local text = wrk.format('POST', path, nil, file:read('*a'))
    file:close()
    for _ = 1, tonumber(share) do prepared[#prepared + 1] = text end
  end
  assert(#prepared == 100, 'the shares of the mix must add up to 100')
end

function request()
  position = (position + 37) % 100
  return prepared[position + 1]
end
