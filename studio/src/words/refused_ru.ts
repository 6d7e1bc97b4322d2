// What the server refuses, in Russian: it names each fault by a code, and tells of it in English.

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

export function refusedRu(code: string, said: string): string {
  const begun = BEGUN[code];
  return WHOLE[code] ?? (begun ? `${begun} (${said.replace(/\.$/, "")}).` : said);
}
