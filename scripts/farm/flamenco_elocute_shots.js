// SPDX-License-Identifier: GPL-3.0-or-later
// A job type for Flamenco 3: recordings to finished shots. Copy it into the Manager's folder "scripts".
//
// Tasks: generate (each a part of the rows), table (after all of them), apply (each a part of the shots, saved as
// .blend), render (each a part of the shots, after its apply task), sheets (contact sheets and the report).
// A row or a shot that fails does not hold up the others; the last task fails then, and the report says why.
// The Manager's variables {elocute} and {blender} name the two programs; "elocute_batch" is the path of
// addon/elocute_batch.py, which comes with Elocute's extension and its repository.

const JOB_TYPE = {
    label: "Elocute: recordings to shots",
    description: "Generate facial motion from recordings, put it on a character, and render",
    settings: [
        {
            key: "manifest", type: "string", subtype: "file_path", required: true,
            description: "Table of recordings (.csv, .jsonl), or a folder of them",
        },
        {
            key: "blendfile", type: "string", subtype: "file_path", required: true, visible: "submission",
            eval: "bpy.data.filepath", description: "File with the character",
        },
        {
            key: "output", type: "string", subtype: "dir_path", required: true,
            description: "Folder for clips, table, report and shots; every worker must reach it",
        },
        {
            key: "elocute_batch", type: "string", subtype: "file_path", required: true,
            description: "Path of elocute_batch.py on the workers",
        },
        {
            key: "generate_parts", type: "int32", default: 4,
            description: "Tasks that the recordings are divided among",
        },
        { key: "render_parts", type: "int32", default: 4, description: "Tasks that the shots are divided among" },
        {
            key: "formats", type: "string", default: "film",
            description: "What to render of each shot: film, images, or both with a comma",
        },
        {
            key: "batch_arguments", type: "string", required: false, default: "",
            description: "Further arguments of elocute batch, e.g. --phones json",
        },
        {
            key: "shot_arguments", type: "string", required: false, default: "",
            description: "Further arguments of elocute_batch.py, e.g. --resolution 1920x1080",
        },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const shots = path.join(settings.output, "shots");

    const generates = parts(settings.generate_parts).map((part) => {
        const task = author.Task(`generate-${part}`, "misc");
        task.addCommand(elocute(settings, ["--part", part, "--keep-going"]));
        job.addTask(task);
        return task;
    });

    const table = author.Task("table", "misc");
    table.addCommand(elocute(settings, ["--no-report", "--keep-going"]));
    generates.forEach((task) => table.addDependency(task));
    job.addTask(table);

    const renders = parts(settings.render_parts).map((part) => {
        const apply = author.Task(`apply-${part}`, "blender");
        apply.addCommand(onCharacter(settings, shots, part, "blend"));
        apply.addDependency(table);
        job.addTask(apply);

        const render = author.Task(`render-${part}`, "blender");
        render.addCommand(onCharacter(settings, shots, part, settings.formats));
        render.addDependency(apply);
        job.addTask(render);
        return render;
    });

    const report = author.Task("report", "misc");
    report.addCommand(elocute(settings, ["--sheets"]));
    renders.forEach((task) => report.addDependency(task));
    job.addTask(report);
}

function elocute(settings, more) {
    const common = ["batch", settings.manifest, "--out", settings.output];
    return author.Command("exec", {
        exe: "{elocute}",
        args: common.concat(words(settings.batch_arguments), more),
    });
}

function onCharacter(settings, shots, part, formats) {
    const start = ["--background", settings.blendfile, "--python-exit-code", "1", "--python", settings.elocute_batch];
    const own = ["--", "--clips", settings.output, "--out", shots, "--formats", formats, "--part", part, "--keep-going"];
    return author.Command("exec", {
        exe: "{blender}",
        args: start.concat(own, words(settings.shot_arguments)),
    });
}

// "1/3", "2/3", "3/3"
function parts(count) {
    const whole = Math.max(1, Math.floor(count || 1));
    return Array.from({ length: whole }, (_, index) => `${index + 1}/${whole}`);
}

// Words of a text; quotation marks keep blanks together.
function words(text) {
    const found = (text || "").match(/"[^"]*"|'[^']*'|[^\s]+/g) || [];
    return found.map((word) => (/^(".*"|'.*')$/.test(word) ? word.slice(1, -1) : word));
}
