//! The XML of a scheduled task: Microsoft's Task Scheduler schema, version 1.2.

use lucarne_protocol::step::Trigger;

use crate::quote;

/// A task that is made.
#[derive(Clone, Debug)]
pub struct Task<'a> {
    pub program: &'a str,
    pub arguments: &'a [String],
    pub trigger: &'a Trigger,
    pub runs_as: RunsAs<'a>,
}

/// Who a task runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsAs<'a> {
    /// SYSTEM.
    System,
    /// Whoever is logged on.
    Users,
    /// That account, elevated, when it is logged on.
    Elevated(&'a str),
}

/// The task's XML. Its file is UTF-16, as schtasks itself writes it.
#[must_use]
pub fn xml(task: &Task) -> String {
    let arguments = quote::arguments(task.arguments);
    let (program, arguments) = (escape(task.program), escape(&arguments));
    let arguments = if arguments.is_empty() {
        String::new()
    } else {
        format!("<Arguments>{arguments}</Arguments>")
    };
    // Without these a task waits for mains, ends after three days, and runs below others.
    let settings = "<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>\
        <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\
        <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>\
        <StartWhenAvailable>true</StartWhenAvailable>\
        <Enabled>true</Enabled>\
        <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\
        <Priority>5</Priority>";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\
         <Triggers>{}</Triggers>\
         <Principals><Principal id=\"Author\">{}</Principal></Principals>\
         <Settings>{settings}</Settings>\
         <Actions Context=\"Author\"><Exec><Command>{program}</Command>{arguments}</Exec></Actions>\
         </Task>\r\n",
        trigger(task.trigger, task.runs_as),
        principal(task.runs_as),
    )
}

fn trigger(trigger: &Trigger, runs_as: RunsAs) -> String {
    let enabled = "<Enabled>true</Enabled>";
    match trigger {
        Trigger::Startup => format!("<BootTrigger>{enabled}</BootTrigger>"),
        Trigger::Logon => {
            let user = match runs_as {
                RunsAs::Elevated(user) => format!("<UserId>{}</UserId>", escape(user)),
                _ => String::new(),
            };
            format!("<LogonTrigger>{enabled}{user}</LogonTrigger>")
        }
        // A day in the past: the task is due from now on.
        Trigger::Daily(time) => format!(
            "<CalendarTrigger><StartBoundary>2000-01-01T{}:00</StartBoundary>{enabled}\
             <ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>",
            escape(time)
        ),
        Trigger::Minutes(minutes) => format!(
            "<BootTrigger><Repetition><Interval>PT{minutes}M</Interval>\
             <StopAtDurationEnd>false</StopAtDurationEnd></Repetition>{enabled}</BootTrigger>"
        ),
    }
}

fn principal(runs_as: RunsAs) -> String {
    match runs_as {
        // Accounts and groups by SID, which is the same in every language.
        RunsAs::System => "<UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>".into(),
        RunsAs::Users => {
            "<GroupId>S-1-5-32-545</GroupId><RunLevel>LeastPrivilege</RunLevel>".into()
        }
        RunsAs::Elevated(user) => format!(
            "<UserId>{}</UserId><LogonType>InteractiveToken</LogonType>\
             <RunLevel>HighestAvailable</RunLevel>",
            escape(user)
        ),
    }
}

/// A text as XML has it; what XML has no way to write is left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // As they are, a reader may make one space or one end of a line of them.
            '\t' | '\n' | '\r' => out.extend(format!("&#{};", u32::from(c)).chars()),
            c if c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(trigger: &Trigger, runs_as: RunsAs) -> String {
        let arguments = ["a b".to_owned(), "x&y".to_owned()];
        xml(&Task {
            program: r"C:\a<b>.exe",
            arguments: &arguments,
            trigger,
            runs_as,
        })
    }

    #[test]
    fn a_task_is_xml_and_nothing_of_its_texts_is() {
        let xml = made(&Trigger::Startup, RunsAs::System);
        assert!(
            xml.contains(r"<Command>C:\a&lt;b&gt;.exe</Command>"),
            "{xml}"
        );
        assert!(
            xml.contains("<Arguments>&quot;a b&quot; x&amp;y</Arguments>"),
            "{xml}"
        );
        assert!(
            xml.contains("<BootTrigger><Enabled>true</Enabled></BootTrigger>"),
            "{xml}"
        );
        assert!(xml.contains("<UserId>S-1-5-18</UserId>"), "{xml}");
    }

    #[test]
    fn what_xml_has_no_way_to_write_is_left_out() {
        assert_eq!(escape("a\tb\r\nc"), "a&#9;b&#13;&#10;c");
        assert_eq!(escape("a\u{1}b\u{fffe}c\u{7f}\u{85}"), "abc\u{7f}\u{85}");
    }

    #[test]
    fn each_trigger_and_account_has_its_form() {
        let daily = made(&Trigger::Daily("03:30".into()), RunsAs::Users);
        assert!(daily.contains("T03:30:00</StartBoundary>"), "{daily}");
        assert!(daily.contains("<GroupId>S-1-5-32-545</GroupId>"), "{daily}");
        let often = made(&Trigger::Minutes(90), RunsAs::System);
        assert!(often.contains("<Interval>PT90M</Interval>"), "{often}");
        let mine = made(&Trigger::Logon, RunsAs::Elevated("Müller"));
        assert_eq!(mine.matches("<UserId>Müller</UserId>").count(), 2, "{mine}");
        assert!(!made(&Trigger::Logon, RunsAs::Users).contains("UserId"));
    }
}
