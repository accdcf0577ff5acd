-- One request, again and again: the body is in the file $BENCH_BODY, further headers are in the
-- lines of $BENCH_HEADERS. With a constant request wrk does not call into Lua while it measures.
dofile(debug.getinfo(1, 'S').source:match('^@(.*/)') .. 'report.lua')

local file = assert(io.open(os.getenv('BENCH_BODY'), 'rb'))
wrk.method = 'POST'
wrk.body = file:read('*a')
file:close()
for name, value in os.getenv('BENCH_HEADERS'):gmatch('([^\n:]+): ([^\n]+)') do
  wrk.headers[name] = value
end
