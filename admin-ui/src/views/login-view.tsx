import { useState } from "preact/hooks";
import { withToken } from "../session/login";
import { enter, loginProblem } from "../session/page-state";

export function LoginView() {
  const [token, setToken] = useState("");
  return (
    <main class="login">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          enter(() => withToken(token.trim()));
        }}
      >
        <h1>
          <span class="mark" aria-hidden="true" /> Hub
        </h1>
        <p>
          Open the link that <code>hub serve</code> prints or <code>hub open</code> makes, or give a token.
          The hub keeps yours in <code>admin.token</code> in its data directory.
        </p>
        <label>
          Token
          <input
            type="password"
            autocomplete="current-password"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        {loginProblem.value && (
          <p class="problem" role="alert">
            {loginProblem.value}
          </p>
        )}
        <button type="submit" disabled={!token.trim()}>
          Log in
        </button>
      </form>
    </main>
  );
}
