// What the server refuses, in Russian: it names each fault by a code, and tells of it in English. Of the faults that texts
// often have it gives the values too.
import type { About, LeftOut } from "../api/types";
import { russianPlural as plural } from "./plural";

/** Said in full here. */
const WHOLE: Record<string, string> = {
  name_taken: "такое имя уже занято, выберите другое.",
  wrong_state: "обучение уже в другом состоянии.",
  wrong_task: "эта модель обучена другому.",
  no_bundle: "такой модели здесь нет.",
  no_document: "такой истории здесь нет.",
  no_job: "такого обучения здесь нет.",
  no_upload: "этих файлов на сервере нет, выберите их ещё раз.",
  no_training_texts: "обучающие тексты этой модели здесь неизвестны: её обучали в другом месте.",
  other_texts: "эту модель учили на других файлах; выберите их все, и только их.",
  shutting_down: "сервер останавливается.",
  deadline: "это заняло слишком много времени.",
  fault: "на сервере ошибка, о ней сказано в его журнале.",
};

/** What it is about; which file or value it was only the server's sentence says. */
const BEGUN: Record<string, string> = {
  bundle_unusable: "модель не открыть",
  texts_unusable: "тексты не прочесть",
  setting_unusable: "такая настройка не подходит",
  not_installed: "не хватает пакета",
  no_room: "не хватает места",
  too_large: "это слишком много за один раз",
  too_many_files: "слишком много файлов за один раз",
  invalid_body: "сервер не принял запрос",
  request_unusable: "так не выйдет",
};

export function refusedRu(code: string, said: string, about: About | null): string {
  const begun = BEGUN[code];
  return (about && ofTexts(about)) ?? WHOLE[code] ?? (begun ? `${begun} (${said.replace(/\.$/, "")}).` : said);
}

/** undefined for a reason of a later server. */
function ofTexts(about: About): string | undefined {
  switch (about.reason) {
    case "nothing_to_read":
      return `${nothingToRead(about.left_out)} Годятся ${about.readable}.`;
    case "empty":
      return `файл «${about.file}» пуст.`;
    case "no_text":
      return `файл «${about.file}» повреждён, или в нём не текст; сохраните его как простой текст в кодировке UTF-8.`;
    case "damaged":
      return `файл «${about.file}» не открывается: он повреждён, или внутри не то, что обещает имя. Сохраните его заново.`;
    case "no_column":
      return `в таблице «${about.file}» нет столбца text, а есть ${about.columns.map((name) => `«${name}»`).join(", ")}. Назовите text тот столбец, в котором лежат истории.`;
    case "one_story":
      return oneStoryRu(about.characters, about.least);
  }
}

export function oneStoryRu(characters: number, least: number): string {
  const long = plural(characters, "знак", "знака", "знаков");
  return `история всего одна, и в ней ${long}. Дайте хотя бы две истории или один текст от ${least} знаков (а чтобы научиться писать, нужны тысячи).`;
}

const MOST_NAMED = 5;

function nothingToRead(files: readonly LeftOut[]): string {
  const [only] = files;
  if (!only) return "файлов нет.";
  if (files.length === 1) return only.why === "empty" ? `файл «${only.name}» пуст.` : `файл «${only.name}» не того вида, который здесь читается.`;
  const named = files.slice(0, MOST_NAMED).map(({ name, why }) => `«${name}» (${why === "empty" ? "пуст" : "такие не читаются"})`);
  const rest = files.length > MOST_NAMED ? ` и ещё ${files.length - MOST_NAMED}` : "";
  return `ни в одном файле нет того, что можно прочесть: ${named.join(", ")}${rest}.`;
}
