"""Question banks (题库) in files: xlsx, xls, csv, json, GIFT and Aiken read, recognised by content; all but Aiken written.

The columns we write, and the plainest to fill in, are these (`HEADER`):

    题型,题干,选项A,选项B,选项C,选项D,选项E,选项F,选项G,选项H,选项I,选项J,答案,解析,文件,版本,条款,把握,难度,主题,标签

题型 is 单选, 多选, 判断 or 填空 (empty: seen from the answer). 答案 is `B`, `ABD`, 正确 or 错误; for 填空 one text a blank
joined by ；, texts that count alike joined by | (`共产主义|共产主义社会；1921`). 文件 版本 条款 are 中国共产党章程, 2022-10-22,
第七条. 把握 is 确定, 请核对 or 未核对; 难度 1 (easy) to 5 (hard); 主题 as in texts/question.py; 标签 for searching.
Columns may be left out and stand in any order; what other banks call them is in sheets/question_tables.py.
"""
