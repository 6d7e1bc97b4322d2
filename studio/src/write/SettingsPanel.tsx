// How the model draws: a slider for each setting, with a sentence on what it does.
import { Field, Slider } from "../parts/Field";
import { bundles, settingFacts } from "../api/facts";
import type { SettingFacts } from "../api/types";
import { number, told, words } from "../words";
import { change, settings, story, usual } from "./store";

const PASSAGES = { words: 12, sentence: 40, passage: 120, end: null } as const;
type Name = keyof typeof PASSAGES;
const NAMES = Object.keys(PASSAGES) as Name[];

export function SettingsPanel() {
  const { settings: says } = words.value;
  const { passage, length, seed, settings: stated } = story.value;
  return (
    <div class="stack">
      <Field label={says.passage}>
        {(ids) => (
          <select
            {...ids}
            value={NAMES.find((name) => PASSAGES[name] === passage) ?? "end"}
            onChange={(event) => change({ passage: PASSAGES[event.currentTarget.value as Name] })}
          >
            {NAMES.map((name) => (
              <option key={name} value={name}>
                {says.passages[name]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {settingFacts.value.map((facts) => (
        <Setting key={facts.name} facts={facts} />
      ))}
      <NumberField label={says.length} help={says.lengthHelp} value={length} least={1} onValue={(value) => change({ length: value })} />
      <NumberField label={says.seed} help={says.seedHelp} value={seed} least={0} onValue={(value) => change({ seed: value })} />
      {Object.keys(stated).length > 0 && (
        <button type="button" class="quiet" onClick={() => change({ settings: {} })}>
          {says.reset}
        </button>
      )}
    </div>
  );
}

function Setting({ facts }: { facts: SettingFacts }) {
  const { settings: says } = words.value;
  const value = settings.value[facts.name] ?? null;
  const set = (next: number | null): void => change({ settings: { ...story.peek().settings, [facts.name]: next } });
  const label = told(facts.label);
  const help = told(facts.help);
  const digits = facts.kind === "integer" ? 0 : 2;
  if (value === null) {
    return (
      <Field label={label} help={help} value={says.off}>
        {(ids) => <input {...ids} type="checkbox" role="switch" checked={false} onChange={() => set(usual(facts) ?? begin(facts))} />}
      </Field>
    );
  }
  return (
    <div class="setting">
      <Slider label={label} help={help} range={facts.range} step={facts.step} value={value} shown={number(value, digits)} onValue={set} />
      {facts.off && (
        <input type="checkbox" role="switch" class="switch" aria-label={says.useIt(label)} checked onChange={() => set(null)} />
      )}
    </div>
  );
}

/** Where the slider of a setting starts that was off: where it does a little. */
function begin({ name, range, kind }: SettingFacts): number {
  const starts: Record<string, number> = { top_k: 40, top_p: 0.9, min_p: 0.05, typical: 0.9, repetition_penalty: 1.1, no_repeat_ngram: 4 };
  const middle = (range[0] + range[1]) / 2;
  return starts[name] ?? (kind === "integer" ? Math.round(middle) : middle);
}

interface Numbered {
  label: string;
  help: string;
  value: number | null;
  least: number;
  onValue: (value: number | null) => void;
}

function NumberField({ label, help, value, least, onValue }: Numbered) {
  return (
    <Field label={label} help={help}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          inputMode="numeric"
          min={least}
          step={1}
          value={value ?? ""}
          onChange={(event) => {
            const given = event.currentTarget.valueAsNumber;
            onValue(Number.isFinite(given) && given >= least ? Math.round(given) : null);
          }}
        />
      )}
    </Field>
  );
}

export function ModelPanel() {
  const { settings: says, shell } = words.value;
  const { bundle, second } = story.value;
  const writers = (bundles.value ?? []).filter((each) => each.task === "write");
  return (
    <div class="stack">
      <Field label={shell.model}>
        {(ids) => (
          <select {...ids} value={bundle ?? ""} onChange={(event) => change({ bundle: event.currentTarget.value })}>
            {writers.map(({ name, language, size }) => (
              <option key={name} value={name}>
                {[name, language, shell.millions(number(size / 1e6, 1))].filter(Boolean).join(" · ")}
              </option>
            ))}
          </select>
        )}
      </Field>
      {writers.length > 1 && (
        <Field label={says.second} help={says.secondHelp}>
          {(ids) => (
            <select {...ids} value={second ?? ""} onChange={(event) => change({ second: event.currentTarget.value || null })}>
              <option value="">{shell.none}</option>
              {writers
                .filter((each) => each.name !== bundle)
                .map(({ name }) => (
                  <option key={name}>{name}</option>
                ))}
            </select>
          )}
        </Field>
      )}
    </div>
  );
}
