/** What `page-html.ts` has and the scripts change. */
export interface PageElements {
  readonly main: HTMLElement;
  readonly title: HTMLElement;
  readonly status: HTMLElement;
  readonly detail: HTMLElement;
  readonly notice: HTMLElement;
  readonly access: HTMLElement;
  readonly attempts: HTMLElement;
  readonly signIn: HTMLFormElement;
  readonly token: HTMLInputElement;
  readonly tokenFault: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly keys: HTMLElement;
  readonly begin: HTMLButtonElement;
  readonly sound: HTMLButtonElement;
  readonly lock: HTMLButtonElement;
  readonly copy: HTMLButtonElement;
  readonly paste: HTMLButtonElement;
  readonly forget: HTMLButtonElement;
  readonly statistics: HTMLElement;
}

export function findPageElements(): PageElements {
  return {
    main: find('main', HTMLElement),
    title: find('title', HTMLElement),
    status: find('status', HTMLElement),
    detail: find('detail', HTMLElement),
    notice: find('notice', HTMLElement),
    access: find('access', HTMLElement),
    attempts: find('attempts', HTMLElement),
    signIn: find('sign-in', HTMLFormElement),
    token: find('token', HTMLInputElement),
    tokenFault: find('token-fault', HTMLElement),
    video: find('desktop', HTMLVideoElement),
    keys: find('keys', HTMLElement),
    begin: find('begin', HTMLButtonElement),
    sound: find('sound', HTMLButtonElement),
    lock: find('lock', HTMLButtonElement),
    copy: find('copy', HTMLButtonElement),
    paste: find('paste', HTMLButtonElement),
    forget: find('forget', HTMLButtonElement),
    statistics: find('statistics', HTMLElement),
  };
}

function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${id}`);
  return element;
}
