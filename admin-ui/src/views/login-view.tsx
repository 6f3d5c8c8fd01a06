// Logging in: by a link that was opened, a token, or a name and password where the hub knows people by them.

import { useEffect, useState } from "preact/hooks";
import { withPassword, withToken } from "../session/login";
import { loginWays } from "../session/login-ways";
import { enter, loginProblem } from "../session/page-state";
import { Copyable } from "./copyable";

export function LoginView() {
  const [passwords, setPasswords] = useState(false);
  const [byToken, setByToken] = useState(false);
  useEffect(() => {
    loginWays().then((ways) => setPasswords(ways.passwords));
  }, []);
  return (
    <main class="login" id="main">
      <div class="card">
        <h1>
          <span class="mark" aria-hidden="true" /> Hub
        </h1>
        {passwords && !byToken ? <PasswordForm /> : <TokenForm />}
        {loginProblem.value && (
          <p class="problem" role="alert">
            {sentence(loginProblem.value)}
          </p>
        )}
        {passwords && (
          <button type="button" class="plain" onClick={() => setByToken(!byToken)}>
            {byToken ? "Log in with name and password" : "Log in with a token"}
          </button>
        )}
      </div>
    </main>
  );
}

/** The hub's texts begin small, as parts of a line. */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

function PasswordForm() {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const { busy, submit } = useEntering(() => withPassword(user.trim(), password));
  return (
    <form onSubmit={submit}>
      <label>
        Name
        <input
          type="text"
          name="username"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          value={user}
          onInput={(event) => setUser(event.currentTarget.value)}
        />
      </label>
      <label>
        Password
        <input
          type="password"
          name="password"
          autocomplete="current-password"
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="chief" disabled={busy || !user.trim() || !password}>
        {busy ? "Logging in…" : "Log in"}
      </button>
    </form>
  );
}

function TokenForm() {
  const [token, setToken] = useState("");
  const { busy, submit } = useEntering(() => withToken(token.trim()));
  return (
    <form onSubmit={submit}>
      <p>
        Open the link that <code>hub serve</code> prints, or let the hub's machine make one:
      </p>
      <Copyable text="hub open" />
      <p>
        Or give a token. The hub keeps yours in <code>admin.token</code> in its data directory.
      </p>
      <label>
        Token
        <input
          type="password"
          name="token"
          autocomplete="current-password"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="chief" disabled={busy || !token.trim()}>
        {busy ? "Logging in…" : "Log in"}
      </button>
    </form>
  );
}

/** Submits once at a time: a password is slow to check, on purpose. */
function useEntering(way: () => ReturnType<typeof withToken>) {
  const [busy, setBusy] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    enter(way).then(() => setBusy(false));
  };
  return { busy, submit };
}
