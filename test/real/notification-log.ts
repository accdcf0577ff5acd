/**
 * Notifications a client received, to be waited for.
 *
 * @module
 */

import { Signal } from '../fixtures/wait.ts';
import type { ReceivedNotification } from './client.ts';

export class NotificationLog {
  readonly #received: ReceivedNotification[] = [];
  readonly #changed = new Signal();

  add(notification: { method: string; params?: object | undefined }): void {
    this.#received.push({ method: notification.method, params: { ...notification.params } });
    this.#changed.notify();
  }

  has(method: string): boolean {
    return this.#received.some((notification) => notification.method === method);
  }

  async first(method: string): Promise<ReceivedNotification> {
    const find = (): ReceivedNotification | undefined =>
      this.#received.find((notification) => notification.method === method);
    await this.#changed.until(() => find() !== undefined, `a notification ${method}`);
    return find()!;
  }
}
