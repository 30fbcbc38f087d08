//! The document's form, literally: media that were made hold it.

use super::*;

#[test]
fn a_list_of_steps_is_read_and_written_in_one_form() {
    let text = include_str!("steps.json");
    let steps: Steps = serde_json::from_str(text).expect("steps");
    let again = serde_json::to_string_pretty(&steps).expect("JSON");
    assert_eq!(again + "\n", text);
    assert_eq!(steps.schema, STEPS_SCHEMA);
}

#[test]
fn what_nobody_knows_is_refused() {
    let text = include_str!("steps.json");
    let wrong = text.replacen("\"timeoutSec\"", "\"timeOutSec\"", 1);
    assert!(serde_json::from_str::<Steps>(&wrong).is_err());
}

#[test]
fn a_payload_lies_below_the_programs_folder() {
    let payload = Payload(r"payload\7z.msi".into());
    assert_eq!(payload.path(), r"C:\Windows\Lucarne\payload\7z.msi");
}
