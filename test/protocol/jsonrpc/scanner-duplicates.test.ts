import { describe, expect, it } from 'vitest';
import { only } from './support/recorder.ts';

describe('EnvelopeScanner: duplicates', () => {
  it.each([
    ['jsonrpc', '{"jsonrpc":"2.0","jsonrpc":"2.0"}'],
    ['id', '{"id":1,"method":"a","id":1}'],
    ['method', '{"method":"a","method":"a"}'],
    ['params', '{"method":"a","params":{},"params":{}}'],
    ['result', '{"id":1,"result":{},"result":{}}'],
    ['error', '{"id":1,"error":{},"error":{}}'],
    ['params.name', '{"method":"a","params":{"name":"x","name":"x"}}'],
    ['params.uri', '{"method":"a","params":{"uri":"x","uri":"x"}}'],
    ['params.taskId', '{"method":"a","params":{"taskId":"x","taskId":"x"}}'],
    ['params.arguments', '{"method":"a","params":{"arguments":{},"arguments":{}}}'],
    ['params._meta', '{"method":"a","params":{"_meta":{},"_meta":{}}}'],
    ['error.code', '{"error":{"code":1,"code":2}}'],
    ['result.isError', '{"result":{"isError":false,"isError":true}}'],
    ['result.resultType', '{"result":{"resultType":"a","resultType":"b"}}'],
    [
      'params._meta.protocolVersion',
      '{"method":"a","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"a","io.modelcontextprotocol/protocolVersion":"b"}}}',
    ],
  ])('reports %s', (key, body) => {
    expect(only(body).duplicates).toEqual([key]);
  });

  it.each([
    ['method', '{"method":"ping","Method":"tools/call"}'],
    ['method', '{"METHOD":"tools/call","method":"ping"}'],
    ['method', '{"Method":"tools/call"}'],
    ['method', '{"method":"ping","\\u004dethod":"tools/call"}'],
    ['id', '{"ID":1,"method":"a"}'],
    ['params', '{"method":"a","params":{},"Params":{}}'],
    ['params', '{"method":"a","params":{},"param\u017f":{}}'],
    ['params.name', '{"method":"a","params":{"name":"x","Name":"y"}}'],
    ['params.uri', '{"method":"a","params":{"uri":"x","URI":"y"}}'],
    ['params.taskId', '{"method":"a","params":{"taskId":"x","tas\u212aid":"y"}}'],
    ['params.taskId', '{"method":"a","params":{"taskId":"x","ta\\u017fkid":"y"}}'],
    ['params.arguments', '{"method":"a","params":{"arguments":{},"Arguments":{}}}'],
    ['params._meta', '{"method":"a","params":{"_META":{}}}'],
  ])('reports %s in other letter case, and does not read it: %s', (key, body) => {
    const envelope = only(body);
    expect(envelope.duplicates).toEqual([key]);
    expect(envelope.method).not.toBe('tools/call');
    expect([envelope.name, envelope.uri]).not.toContain('y');
  });

  it('takes no other name for one that decides', () => {
    const body =
      '{"methods":1,"Meth0d":2,"method":"a","TRACE":3,"params":{"names":1,"nam\u00e9":2,"Cursor":3,"ProtocolVersion":4}}';
    expect(only(body).duplicates).toEqual([]);
  });

  it('compares names decoded', () => {
    const envelope = only('{"method":"tools/call","\\u006deth\\u006Fd":"tools/list"}');
    expect(envelope.duplicates).toEqual(['method']);
    expect(envelope.method).toBe('tools/list');
  });

  it('lets the last value win, also when it is of another type', () => {
    expect(only('{"method":"a","method":"b"}').method).toBe('b');
    expect(only('{"method":"a","method":1}')).toMatchObject({ method: null, kind: 'invalid' });
    expect(only('{"id":1,"id":"2","method":"a"}').id).toBe('"2"');
    expect(only('{"result":{"isError":true,"isError":{}}}').isError).toBe(false);
    expect(only('{"error":{"code":1,"code":[2]}}').errorCode).toBeNull();
    expect(only('{"method":"a","params":{"name":"x","name":{"name":"y"}}}').name).toBeNull();
  });

  it('forgets what an earlier params brought', () => {
    const envelope = only(
      '{"method":"a","params":{"name":"x","uri":"u","_meta":{"traceparent":"t","progressToken":1},"protocolVersion":"v","requestId":1},"params":{"uri":"w"}}',
    );
    expect(envelope).toMatchObject({
      name: null,
      uri: 'w',
      protocolVersion: null,
      requestId: null,
      meta: { traceparent: null, progressToken: null },
      duplicates: ['params'],
    });
  });

  it('forgets an earlier object when a scalar follows', () => {
    expect(only('{"method":"a","params":{"name":"x"},"params":null}').name).toBeNull();
    expect(only('{"result":{"isError":true},"result":1}').isError).toBe(false);
  });

  it('does not count the names of two objects together', () => {
    const envelope = only('{"method":"a","params":{"name":"x"},"params":{"name":"y"}}');
    expect(envelope).toMatchObject({ name: 'y', duplicates: ['params'] });
  });

  it('keeps the report of a duplicate inside an object that was replaced', () => {
    const envelope = only('{"params":{"name":"x","name":"y"},"params":{}}');
    expect(envelope.duplicates).toEqual(['params.name', 'params']);
  });

  it('names each key once, in order of discovery', () => {
    const envelope = only('{"id":1,"method":"a","method":"a","method":"a","id":1,"id":1}');
    expect(envelope.duplicates).toEqual(['method', 'id']);
  });

  it('ignores repeated names at other depths and names nobody asked for', () => {
    const body =
      '{"x":1,"x":2,"method":"a","params":{"arguments":{"name":1,"name":2},"method":1,"id":1,"traceparent":1,"traceparent":2}}';
    expect(only(body).duplicates).toEqual([]);
  });
});
